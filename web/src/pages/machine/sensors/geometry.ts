import type { SensorHistory, SensorSeries } from './queries.ts';

/** The inside of a chart, in its own units. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Lines and marks of a chart. */
export interface Plot {
  /** Of the mean: one for each stretch without a gap, as `d` of a path. */
  lines: string[];
  /** Between the least and the most, one for each stretch. */
  bands: string[];
  /** Values with a line across. */
  ticks: { value: number; y: number }[];
  /** Moments below, in milliseconds since the epoch. */
  moments: { at: number; x: number }[];
}

/** So many steps may be missing before the line is broken: racks read every five minutes, a step may be shorter. */
const gapSeconds = 900;

/** Where everything is drawn. Pure. */
export function plotOf(
  { points }: Pick<SensorSeries, 'points'>,
  { since, until, stepSeconds }: Pick<SensorHistory, 'since' | 'until' | 'stepSeconds'>,
  { left, top, width, height }: Frame,
): Plot {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  const values = ticksOf(
    Math.min(...points.map(([, , least]) => least)),
    Math.max(...points.map(([, , , most]) => most)),
  );
  const [low = 0, high = 1] = [values.at(0), values.at(-1)];
  const x = (at: number): number => tidy(left + ((at - from) / Math.max(1, to - from)) * width);
  const y = (value: number): number => tidy(top + height - ((value - low) / (high - low)) * height);
  // The middle of a step stands for it; the first and the last may reach beyond the time that was asked for.
  const xOf = (at: number): number => x(Math.min(to, Math.max(from, (at + stepSeconds / 2) * 1000)));
  const stretches = stretchesOf(points, Math.max(gapSeconds, 2.5 * stepSeconds));
  return {
    lines: stretches.map((stretch) => pathOf(stretch.map(([at, mean]) => [xOf(at), y(mean)]))),
    bands: stretches.map(
      (stretch) =>
        `${pathOf([
          ...stretch.map(([at, , , most]): [number, number] => [xOf(at), y(most)]),
          ...stretch.map(([at, , least]): [number, number] => [xOf(at), y(least)]).reverse(),
        ])}Z`,
    ),
    ticks: values.map((value) => ({ value, y: y(value) })),
    moments: [0, 0.5, 1].map((share) => {
      const at = from + share * (to - from);
      return { at, x: x(at) };
    }),
  };
}

/** From three to six round values, with all that is between least and most between the first and the last of them. */
export function ticksOf(least: number, most: number): number[] {
  const isFlat = most - least < 1e-9;
  const [low, high] = isFlat ? [least - 1, most + 1] : [least, most];
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function stretchesOf(points: SensorSeries['points'], longest: number): SensorSeries['points'][number][][] {
  const stretches: SensorSeries['points'][number][][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (point[0] - before > longest) stretches.push([]);
    stretches.at(-1)?.push(point);
    before = point[0];
  }
  return stretches;
}

/** A single point is a line of no length, which round ends make a dot. */
function pathOf(points: readonly (readonly [x: number, y: number])[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const ends = rest.length === 0 ? [first] : rest;
  return `M${first.join(' ')}${ends.map((point) => `L${point.join(' ')}`).join('')}`;
}

function tidy(value: number): number {
  return Math.round(value * 10) / 10;
}
