/** What somebody who types wants: bytes for the machine, or something of the console itself. */
export type KeyAction =
  | { type: 'Bytes'; bytes: Uint8Array }
  | { type: 'Leave' | 'Break' | 'TakeOver' | 'Help' };

/** How far an escape has come: it begins a line, as that of ssh does. */
export type KeyState = 'LineStart' | 'Escape' | 'Text';

const commands: Readonly<Record<string, Exclude<KeyAction['type'], 'Bytes'>>> = {
  '.': 'Leave',
  B: 'Break',
  T: 'TakeOver',
  '?': 'Help',
};

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/**
 * Takes escapes out of what was typed: Enter, the escape character, and what is wanted. The character twice is itself, once; before
 * anything else both go to the machine. What was typed after leaving is dropped.
 *
 * @param lead a byte of ASCII
 */
export function takeKeys(
  state: KeyState,
  typed: Uint8Array,
  lead: number,
): { state: KeyState; actions: KeyAction[] } {
  const actions: KeyAction[] = [];
  let now = state;
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) actions.push({ type: 'Bytes', bytes: Uint8Array.from(bytes) });
    bytes = [];
  };
  for (const byte of typed) {
    if (now === 'LineStart' && byte === lead) {
      now = 'Escape';
      continue;
    }
    if (now === 'Escape') {
      const type = commands[String.fromCharCode(byte)];
      if (type !== undefined) {
        flush();
        actions.push({ type });
        if (type === 'Leave') return { state: 'LineStart', actions };
        now = 'LineStart';
        continue;
      }
      bytes.push(lead);
      now = 'Text';
      if (byte === lead) continue;
    }
    bytes.push(byte);
    now = byte === lineFeed || byte === carriageReturn ? 'LineStart' : 'Text';
  }
  flush();
  return { state: now, actions };
}
