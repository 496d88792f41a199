/**
 * `Offered`: held for a client that has not asked for it yet, in memory only. `Bound`: acknowledged, on disk.
 * `Released`: given back; kept so that the client gets it again. `Declined`: somebody else answers for the address.
 */
export type LeaseState = 'Offered' | 'Bound' | 'Released' | 'Declined';

/** One dynamic address and who has it. */
export interface LeaseEntry {
  /** Unsigned 32-bit number. */
  address: number;
  subnet: string;
  /** Who holds it, see `identity.ts`; empty for a declined address. */
  client: string;
  /** Lower-case and colon-separated; empty where the client has none. */
  mac: string;
  hostname: string | undefined;
  state: LeaseState;
  /** Milliseconds since the Unix epoch: from then on the address may go to another client. */
  end: number;
}

/** Whether nobody else may have the address yet. */
export function isHeld(entry: LeaseEntry, now: number): boolean {
  return entry.end > now;
}
