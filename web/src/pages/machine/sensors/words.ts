import type { SensorSeries } from './queries.ts';

const units: Readonly<Record<string, string>> = {
  Celsius: '°C',
  Percent: '%',
  Volts: 'V',
  Watts: 'W',
};

/** 41.5 °C */
export function reading(value: number, unit: string): string {
  return `${round(value)} ${units[unit] ?? unit}`;
}

/** As exact as a sensor is. */
export function round(value: number): number {
  return Number(Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
}

const kinds = ['Temperature', 'Fan', 'Power', 'Voltage'];
const headings: Readonly<Record<string, string>> = {
  Temperature: 'Temperatures',
  Fan: 'Fans',
  Power: 'Power',
  Voltage: 'Voltages',
};

/** By kind, warm things first, and by name within a kind. */
export function groupsOf<Sensor extends { name: string; kind: string }>(
  sensors: readonly Sensor[],
): { heading: string; sensors: Sensor[] }[] {
  const place = (kind: string): number => (kinds.includes(kind) ? kinds.indexOf(kind) : kinds.length);
  return [...Map.groupBy(sensors, ({ kind }) => kind)]
    .sort(([one], [other]) => place(one) - place(other) || (one < other ? -1 : 1))
    .map(([kind, of]) => ({
      heading: headings[kind] ?? kind,
      sensors: of.sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true })),
    }));
}

/** A chart in a sentence, for who does not see it. */
export function sentenceOf({ name, unit, points }: SensorSeries): string {
  const last = points.at(-1);
  if (last === undefined) return `${name}: nothing was read.`;
  const least = Math.min(...points.map(([, , value]) => value));
  const most = Math.max(...points.map(([, , , value]) => value));
  return `${name}: ${reading(last[1], unit)} at last, between ${reading(least, unit)} and ${reading(most, unit)}.`;
}
