/** Figures that a run has measured, in the order in which they came. */
export interface Figures {
  /** Notes a duration in milliseconds. */
  note(what: string, ms: number): void;
  /** `what: 12.3 s`, one a line. */
  print(): void;
}

export function createFigures(write: (line: string) => void = (line) => console.log(line)): Figures {
  const lines: string[] = [];
  return {
    note: (what, ms) => lines.push(`  ${what.padEnd(64)}${(ms / 1000).toFixed(1).padStart(7)} s`),
    print: () => write(['', 'Figures of this run:', ...lines, ''].join('\n')),
  };
}
