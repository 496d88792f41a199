import type { Database } from '../../src/store/database.ts';
import { addPartitions } from '../../src/store/maintenance.ts';
import { fillRows, fillStatements } from './rows.ts';

const dayMs = 86_400_000;
/** Within what is kept of events by default. */
const days = 80;
const slice = 50_000;

/** Of ten rows so many in each table, as in `liveRows`. */
const shares = { events: 0.7, results: 0.1, power_operations: 0.1, audit: 0.1 } as const;
const names = ['events', 'results', 'power_operations', 'audit'] as const;

/**
 * Fills history with the rows of eighty days: made by the database itself, through the same indexes as all others.
 *
 * @param databases each does a part of it, at the same time
 */
export async function fillHistory(
  databases: readonly Database[],
  rows: number,
  note: (text: string) => void,
): Promise<void> {
  const start = Date.now() - (days + 1) * dayMs;
  const [first] = databases;
  if (first === undefined) return;
  const wanted = names.flatMap((table) =>
    Array.from({ length: days + 2 }, (_, day) => ({ table, at: start + day * dayMs })),
  );
  await addPartitions(first, wanted);
  const work = names.flatMap((table) => {
    const count = Math.round(rows * shares[table]);
    const stepMs = (days * dayMs) / count;
    return Array.from({ length: Math.ceil(count / slice) }, (_, index) => ({
      ...{ table, stepMs, from: index * slice, to: Math.min(count, (index + 1) * slice) - 1 },
    }));
  });
  let done = 0;
  const worker = async (database: Database): Promise<void> => {
    for (let part = work.shift(); part !== undefined; part = work.shift()) {
      const { table, stepMs, from, to } = part;
      const parameters = [String(from), String(to), new Date(start).toISOString(), String(stepMs)];
      await database.query(fillRows + fillStatements[table], parameters);
      done += to - from + 1;
      if (work.length % 20 === 0) note(`${done.toLocaleString('en')} rows are there`);
    }
  };
  await Promise.all(databases.map(worker));
  await first.script('VACUUM (ANALYZE)');
}
