import { describe, expect, it } from 'vitest';
import { plotOf, ticksOf } from './geometry.ts';
import { groupsOf, reading, sentenceOf } from './words.ts';

const frame = { left: 0, top: 0, width: 100, height: 100 };
const second = Date.parse('2026-01-01T00:00:00Z') / 1000;
/** 100 minutes in steps of one. */
const span = { since: '2026-01-01T00:00:00Z', until: '2026-01-01T01:40:00Z', stepSeconds: 60 };
const point = (minute: number, value: number, spread = 0) =>
  [second + minute * 60, value, value - spread, value + spread] as const;

describe('round values at a chart', () => {
  it.each([
    [0, 9, [0, 5, 10]],
    [38.2, 52.7, [35, 40, 45, 50, 55]],
    [-3.5, 4, [-5, 0, 5]],
    [11.9, 12.1, [11.9, 12, 12.1]],
    [7200, 7200, [7199, 7200, 7201]],
    [0, 0, [-1, 0, 1]],
  ])('from %d to %d are %j', (least, most, ticks) => {
    expect(ticksOf(least, most)).toEqual(ticks);
  });

  it('enclose whatever is read', () => {
    for (let seed = 1; seed < 500; seed += 1) {
      const least = Math.sin(seed) * 10 ** ((seed % 9) - 3);
      const most = least + Math.abs(Math.cos(seed * 7)) * 10 ** ((seed % 7) - 3);
      const ticks = ticksOf(least, most);
      expect(ticks.length).toBeGreaterThan(2);
      expect(ticks.length).toBeLessThan(8);
      const slack = 1e-6 * Math.max(1, Math.abs(least), Math.abs(most));
      expect(ticks[0]).toBeLessThanOrEqual(least + slack);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(most - slack);
    }
  });
});

describe('the plot of a sensor', () => {
  it('goes from left to right, with what is warmer above', () => {
    const { lines, ticks } = plotOf({ points: [point(0, 0), point(5, 10)] }, span, frame);
    expect(lines).toEqual(['M0.5 100L5.5 0']);
    expect(ticks.map(({ y }) => y)).toEqual([100, 50, 0]);
  });

  it('is broken where nothing was read', () => {
    const points = [point(0, 1), point(5, 2), point(60, 3), point(65, 4)];
    expect(plotOf({ points }, span, frame).lines).toHaveLength(2);
  });

  it('has a band from the least to the most', () => {
    const { bands } = plotOf({ points: [point(0, 5, 5), point(10, 5, 0)] }, span, frame);
    expect(bands).toEqual(['M0.5 0L10.5 50L10.5 50L0.5 100Z']);
  });

  it('shows a single reading as a dot', () => {
    expect(plotOf({ points: [point(50, 5)] }, span, frame).lines).toEqual(['M50.5 50L50.5 50']);
  });

  it('stays within the time that was asked for', () => {
    const { lines } = plotOf({ points: [point(-1, 1), point(0, 2), point(100, 3)] }, span, frame);
    expect(lines.join(' ')).toMatch(/^M0 /);
    expect(lines.at(-1)).toMatch(/^M100 /);
  });
});

describe('what is said of sensors', () => {
  it.each([
    [41.456, 'Celsius', '41.5 °C'],
    [7213.4, 'RPM', '7213 RPM'],
    [1.0478, 'Volts', '1.05 V'],
    [0, 'Watts', '0 W'],
    [33, 'Percent', '33 %'],
  ])('is %d %s as %s', (value, unit, words) => {
    expect(reading(value, unit)).toBe(words);
  });

  it('is in groups, by names as people count', () => {
    const sensor = (name: string, kind: string) => ({ name, kind });
    const groups = groupsOf([
      sensor('Fan 10', 'Fan'),
      sensor('Fan 9', 'Fan'),
      sensor('CPU', 'Temperature'),
      sensor('Humidity', 'Other'),
    ]);
    expect(groups.map(({ heading, sensors }) => [heading, ...sensors.map(({ name }) => name)])).toEqual([
      ['Temperatures', 'CPU'],
      ['Fans', 'Fan 9', 'Fan 10'],
      ['Other', 'Humidity'],
    ]);
  });

  it('is a chart in a sentence', () => {
    const series = { name: 'CPU', kind: 'Temperature', unit: 'Celsius' };
    expect(sentenceOf({ ...series, points: [point(0, 40, 2), point(5, 44)] })).toBe(
      'CPU: 44 °C at last, between 38 °C and 44 °C.',
    );
    expect(sentenceOf({ ...series, points: [] })).toBe('CPU: nothing was read.');
  });
});
