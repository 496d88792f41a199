import type { Table } from './table.ts';

/** A part of a table: rows from one moment to another, in UTC. */
export interface Partition {
  name: string;
  /** Milliseconds since the epoch; `to` is the first moment beyond. */
  from: number;
  to: number;
}

const dayMs = 86_400_000;
/** How many parts are made ahead of the present one. */
const ahead = { day: 3, month: 2 } as const;

/** The part of a table that a moment lies in: `events_202611`, `console_logs_20261123`. */
export function partitionOf({ name, slice }: Table, at: number): Partition {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const digits = date.toISOString().replaceAll('-', '');
  return slice === 'month'
    ? {
        name: `${name}_${digits.slice(0, 6)}`,
        from: Date.UTC(year, month, 1),
        to: Date.UTC(year, month + 1, 1),
      }
    : {
        name: `${name}_${digits.slice(0, 8)}`,
        from: Date.UTC(year, month, day),
        to: Date.UTC(year, month, day) + dayMs,
      };
}

/** The parts that have to be there at a moment: the one before, this one, and those to come. */
export function partitionsAround(table: Table, now: number): Partition[] {
  const present = partitionOf(table, now);
  const parts = [partitionOf(table, present.from - 1), present];
  for (let count = 0; count < ahead[table.slice]; count += 1) {
    parts.push(partitionOf(table, parts.at(-1)?.to ?? now));
  }
  return parts;
}

/** The part that a name stands for; undefined when it is none of this table. */
export function partitionNamed(table: Table, name: string): Partition | undefined {
  const digits = name.startsWith(`${table.name}_`) ? name.slice(table.name.length + 1) : '';
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)?$/.exec(digits) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const part = partitionOf(table, Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)));
  return part.name === name ? part : undefined;
}

/** The first moment that is kept; undefined: all are. @param days 0: for ever */
export function keptSince(days: number, now: number): number | undefined {
  return days === 0 ? undefined : now - days * dayMs;
}

/** `CREATE TABLE` of a part; nothing happens when it is there. */
export function createPartitionSql(table: Table, { name, from, to }: Partition): string {
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()];
  return `CREATE TABLE IF NOT EXISTS metalwright.${name} PARTITION OF metalwright.${table.name} FOR VALUES FROM ('${first}') TO ('${last}')`;
}
