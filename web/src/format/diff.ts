/** One line of two texts that are compared. */
export interface DiffLine {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

/** Beyond this many cells the middle is shown as replaced as a whole. */
const mostCells = 4_000_000;

/** What makes one text of another, by lines: the longest common subsequence stays. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  return [
    ...a.slice(0, start).map(same),
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

const same = (text: string): DiffLine => ({ kind: 'same', text });
const gone = (text: string): DiffLine => ({ kind: 'gone', text });
const added = (text: string): DiffLine => ({ kind: 'new', text });

function diffMiddle(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length * b.length > mostCells) return [...a.map(gone), ...b.map(added)];
  const width = b.length + 1;
  /** How long the common subsequence of what follows is. */
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      lines.push(same(left));
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(gone(left));
      i += 1;
    } else if (right !== undefined) {
      lines.push(added(right));
      j += 1;
    }
  }
  return lines;
}

/** A diff without long stretches that stay the same. `undefined` stands for what is left out. */
export function foldSame(lines: readonly DiffLine[], around = 3): (DiffLine | undefined)[] {
  const isNear = (at: number): boolean =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same');
  const folded: (DiffLine | undefined)[] = [];
  for (const [at, line] of lines.entries()) {
    if (isNear(at)) folded.push(line);
    else if (folded.length === 0 || folded.at(-1) !== undefined) folded.push(undefined);
  }
  return folded;
}
