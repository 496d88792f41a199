import { describe, expect, it } from 'vitest';
import type { MachineReadings } from '../../metrics/rack-meters.ts';
import { pageOfSensors, parseSensorQuery, type SensorQuery } from './sensor-pages.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const sensor = { name: 'CPU', kind: 'Temperature', unit: 'Celsius', value: 40 };
const of = (at: number, sensors = [sensor]): MachineReadings => ({ overall: 'OK', sensors, at });
const all: SensorQuery = { machine: undefined, since: 0, after: '', limit: 100 };

describe('the query of /sensors', () => {
  it('has defaults', () => {
    expect(parseSensorQuery(new URLSearchParams())).toEqual(all);
  });

  it('takes a machine, a moment and a page', () => {
    const query = 'machine=m1&since=2026-01-01T00:00:00Z&after=m0&limit=200';
    expect(parseSensorQuery(new URLSearchParams(query))).toEqual({
      ...{ machine: 'm1', since: now, after: 'm0', limit: 200 },
    });
  });

  it.each(['since=yesterday', 'limit=0', 'limit=201', 'limit=1e2', 'rack=x'])(
    'refuses %s and says why',
    (text) => {
      expect(parseSensorQuery(new URLSearchParams(text))).toMatch(/: /);
    },
  );
});

describe('pages of readings', () => {
  const readings = new Map([
    ['m3', of(now + 2)],
    ['m1', of(now)],
    ['m2', of(now + 1)],
  ]);
  const names = (query: Partial<SensorQuery>): string[] =>
    pageOfSensors(readings, { ...all, ...query }).items.map(({ machine }) => machine);

  it('are by the names of machines, and say where the next one begins', () => {
    expect(pageOfSensors(readings, { ...all, limit: 2 })).toEqual({
      items: [
        { machine: 'm1', at: '2026-01-01T00:00:00.000Z', sensors: [sensor] },
        { machine: 'm2', at: '2026-01-01T00:00:00.001Z', sensors: [sensor] },
      ],
      next: 'm2',
    });
    expect(pageOfSensors(readings, { ...all, after: 'm2' })).toMatchObject({ items: [{ machine: 'm3' }] });
    expect(pageOfSensors(readings, { ...all, after: 'm2' })).not.toHaveProperty('next');
  });

  it('are of a machine, or of what was read since, when that is asked for', () => {
    expect(names({ machine: 'm2' })).toEqual(['m2']);
    expect(names({ since: now + 1 })).toEqual(['m2', 'm3']);
  });

  it('stay bounded, whatever a BMC lists', () => {
    const many = Array.from({ length: 1_000 }, () => ({ ...sensor, name: 'x'.repeat(1_000) }));
    const [item] = pageOfSensors(new Map([['m1', of(now, many)]]), all).items;
    expect(item?.sensors).toHaveLength(128);
    expect(item?.sensors[0]?.name).toHaveLength(64);
  });
});
