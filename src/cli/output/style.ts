/** How a word is shown where there is colour. */
export type Tone = 'good' | 'bad' | 'busy' | 'faint' | 'strong' | 'plain';

const codes: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31',
  busy: '33',
  faint: '2',
  strong: '1',
  plain: '',
};

/** The text in a colour; as it is without one. */
export function paint(text: string, tone: Tone, colour: boolean): string {
  return colour && tone !== 'plain' && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}

const goodWords: ReadonlySet<string> = new Set(['Ready', 'Deployed', 'Succeeded', 'Running', 'OK', 'True']);
const badWords: ReadonlySet<string> = new Set([
  'Broken',
  'False',
  'Refused',
  'Stalled',
  'Critical',
  'RackSilent',
]);

/** The tone of a phase or a condition, by its word. */
export function toneOf(word: string): Tone {
  if (badWords.has(word) || word.endsWith('Failed')) return 'bad';
  if (goodWords.has(word)) return 'good';
  return /ing$|^Enlist|^Allocated$|^Bound$/.test(word) ? 'busy' : 'plain';
}

/** Control characters of a foreign text would move the cursor or worse: they are shown as `?`. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?').replace(/[\n\t]/g, ' ');
}
