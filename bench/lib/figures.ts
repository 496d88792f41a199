/** One measured quantity: ours and that of each peer in the same run. */
export interface Figure {
  /** Lower-case words with hyphens; the benchmark's name first. */
  name: string;
  /** For the table: what was measured, with its goal. */
  what: string;
  ours: number;
  peers: { name: string; value: number }[];
  unit: string;
}

/** `bench NAME ours=N peer=NAME:N ratio=R unit=U`, one line for each peer; the ratio is ours divided by theirs. */
export function figureLines({ name, ours, peers, unit }: Figure): string[] {
  return peers.map(
    (peer) =>
      `bench ${name} ours=${plain(ours)} peer=${peer.name}:${plain(peer.value)} ratio=${ratio(ours, peer.value)} unit=${unit}`,
  );
}

/** Rows of the table in `docs/benchmarks.md`: what, ours, peer, ratio. */
export function figureRows({ what, ours, peers, unit }: Figure): string[] {
  return peers.map(
    (peer) =>
      `| ${what} | ${plain(ours)} ${unit} | ${peer.name} ${plain(peer.value)} ${unit} | ${ratio(ours, peer.value)} |`,
  );
}

/** The middle of the values; of an even number of them the lower one of the two. NaN without values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The smallest value that a share of `part` of the values does not exceed. NaN without values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

function plain(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function ratio(ours: number, theirs: number): string {
  return theirs === 0 ? '–' : (ours / theirs).toFixed(2);
}
