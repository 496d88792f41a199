/** What a stream of characters tells a terminal to do. */
export interface TerminalEvents {
  /** One to be shown, or a control character of one byte, such as an end of line. */
  character(character: string): void;
  /** A control sequence, by its final character. What is missing is 0. */
  control(final: string, first: number, second: number): void;
  /** The terminal begins anew, or goes to another row. */
  reset(): void;
}

/** Where the parser is: in text, after ESC, in the parameters of CSI, in a string (OSC, DCS and others), or in one that saw ESC. */
type State = 'Text' | 'Escape' | 'Control' | 'String' | 'StringEscape' | 'Skip';

const escapeCharacter = '\u001b';
/** C1: DCS, SOS, OSC, PM, APC. */
const stringStarts = '\u0090\u0098\u009d\u009e\u009f';
const longestParameters = 64;

/** Takes escape sequences apart as ECMA-48 has them. @returns what takes each character */
export function createSequenceParser(events: TerminalEvents): (character: string) => void {
  let state: State = 'Text';
  let parameters = '';

  function beginControl(): void {
    state = 'Control';
    parameters = '';
  }

  function endControl(final: string): void {
    state = 'Text';
    const [first = 0, second = 0] = parameters.split(';').map((text) => Number.parseInt(text, 10) || 0);
    events.control(final, first, second);
  }

  const take: Readonly<Record<State, (character: string) => void>> = {
    Text(character) {
      if (character === escapeCharacter) state = 'Escape';
      else if (character === '\u009b') beginControl();
      else if (stringStarts.includes(character)) state = 'String';
      else events.character(character);
    },
    Escape(character) {
      if (character === '[') beginControl();
      else if ('P]X^_'.includes(character)) state = 'String';
      // Character sets and the like: one more character follows.
      else if (character >= ' ' && character <= '/') state = 'Skip';
      else {
        state = 'Text';
        if ('DEMc'.includes(character)) events.reset();
      }
    },
    Control(character) {
      if (character === escapeCharacter) state = 'Escape';
      else if (character >= '@' && character <= '~') endControl(character);
      else if (parameters.length < longestParameters) parameters += character;
    },
    String(character) {
      if (character === '\u0007' || character === '\u009c') state = 'Text';
      else if (character === escapeCharacter) state = 'StringEscape';
    },
    StringEscape(character) {
      state = character === '\\' ? 'Text' : 'String';
    },
    Skip() {
      state = 'Text';
    },
  };

  return (character) => {
    // A sequence that is cut off ends where the next line begins, so that a lost byte does not swallow what follows.
    if (character === '\n' || character === '\r') state = 'Text';
    take[state](character);
  };
}
