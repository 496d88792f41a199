import { useId, useState } from 'react';
import { plotOf } from './geometry.ts';
import type { SensorHistory, SensorSeries } from './queries.ts';
import styles from './sensors.module.css';
import { reading, round, sentenceOf } from './words.ts';

const view = { width: 320, height: 120 };
const frame = { left: 40, top: 8, width: 272, height: 88 };

/** One sensor over time: the mean of each step as a line, and between the least and the most a band. The values are below, as a table. */
export function SensorChart({ series, span }: { series: SensorSeries; span: SensorHistory }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const { lines, bands, ticks, moments } = plotOf(series, span, frame);
  const last = series.points.at(-1);
  const anchors = ['start', 'middle', 'end'] as const;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption} id={id}>
        <span>{series.name}</span>
        <strong>{last === undefined ? '–' : reading(last[1], series.unit)}</strong>
      </figcaption>
      <svg
        className={styles.chart}
        viewBox={`0 0 ${view.width} ${view.height}`}
        role="img"
        aria-label={sentenceOf(series)}
      >
        {ticks.map(({ value, y }) => (
          <g key={value}>
            <line className={styles.grid} x1={frame.left} x2={frame.left + frame.width} y1={y} y2={y} />
            <text className={styles.tick} x={frame.left - 6} y={y + 3} textAnchor="end">
              {round(value)}
            </text>
          </g>
        ))}
        {moments.map(({ at, x }, index) => (
          <text
            key={at}
            className={styles.tick}
            x={x}
            y={view.height - 6}
            textAnchor={anchors[index] ?? 'middle'}
          >
            {momentOf(at, span)}
          </text>
        ))}
        {bands.map((d) => (
          <path key={d} className={styles.band} d={d} />
        ))}
        {lines.map((d) => (
          <path key={d} className={styles.line} d={d} />
        ))}
      </svg>
      <details className={styles.values} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary aria-label={`Values of ${series.name}`}>Values</summary>
        {open ? <Values series={series} labelledBy={id} /> : undefined}
      </details>
    </figure>
  );
}

function Values({ series: { points, unit }, labelledBy }: { series: SensorSeries; labelledBy: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to by keys as well
    <section className={styles.scroll} tabIndex={0} aria-labelledby={labelledBy}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Mean</th>
            <th scope="col">Least</th>
            <th scope="col">Most</th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(([at, mean, least, most]) => (
            <tr key={at}>
              <th scope="row">{new Date(at * 1000).toLocaleString()}</th>
              <td>{reading(mean, unit)}</td>
              <td>{reading(least, unit)}</td>
              <td>{reading(most, unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Within two days the time, else the day. */
function momentOf(at: number, { since, until }: SensorHistory): string {
  const isShort = Date.parse(until) - Date.parse(since) <= 2 * 86_400_000;
  return new Date(at).toLocaleString(
    undefined,
    isShort ? { hour: '2-digit', minute: '2-digit' } : { month: 'short', day: 'numeric' },
  );
}
