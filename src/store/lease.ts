import type { Database } from './database.ts';
import { utc } from './table.ts';

/** Whose a lease is after somebody asked for it. */
export type LeaseAnswer =
  /** `before`: when anybody renewed it last, RFC 3339; undefined: nobody ever did. */
  { kind: 'Ours'; before: string | undefined } | { kind: 'Others'; holder: string };

export interface LeaseOrder {
  name: string;
  /** Unique to the process. */
  holder: string;
  /** How long it lasts without renewal. */
  seconds: number;
}

/** Takes a lease that is free, or renews our own. By the database's clock alone. Errors: Unavailable, Timeout. */
export function takeLease(database: Database, { name, holder, seconds }: LeaseOrder): Promise<LeaseAnswer> {
  return database.transaction(async (queries) => {
    const [known] = await queries.query(
      `SELECT holder, ${utc('renewed_at')} AS before FROM metalwright.leases WHERE name = $1 FOR UPDATE`,
      [name],
    );
    const [taken] = await queries.query(
      `INSERT INTO metalwright.leases AS l (name, holder, renewed_at, until)
       VALUES ($1, $2, now(), now() + make_interval(secs => $3))
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, renewed_at = excluded.renewed_at, until = excluded.until
       WHERE l.holder = excluded.holder OR l.until < now()
       RETURNING name`,
      [name, holder, seconds],
    );
    if (taken === undefined) return { kind: 'Others', holder: String(known?.holder ?? '') };
    return { kind: 'Ours', before: known === undefined ? undefined : String(known.before) };
  });
}

/** Gives our own lease back, for the next to take at once. */
export async function returnLease(
  database: Database,
  { name, holder }: Pick<LeaseOrder, 'name' | 'holder'>,
): Promise<void> {
  await database.query(
    "UPDATE metalwright.leases SET until = now() - interval '1 second' WHERE name = $1 AND holder = $2",
    [name, holder],
  );
}
