import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ipv4FromNumber } from '../../../src/domain/net/address.ts';
import type { LeaseEntry } from '../../../src/rack/dhcp4/leases/lease.ts';
import { recover } from '../../../src/rack/dhcp4/leases/recover.ts';
import type { Acknowledged } from './clients.ts';

/** Clocks of one computer, read by two processes. */
const toleranceMs = 1500;

/**
 * Looks every acknowledgement up in what a rack that was just killed left on its disk; answers those that are missing or end too
 * early, in sentences. Of two for one address the later one counts. Another client may have been recorded, and not yet been told,
 * when the first does not use the address any more.
 *
 * @param uses whether a client still has an address, by its own clock
 */
export function missingFrom(
  stateDirectory: string,
  acknowledged: readonly Acknowledged[],
  uses: (address: number, mac: string) => boolean,
): string[] {
  const last = new Map<number, LeaseEntry>();
  const bytes = readFileSync(join(stateDirectory, 'leases', 'leases.log'));
  const found = recover(bytes, (record) => {
    if (record.kind === 'Lease') last.set(record.entry.address, record.entry);
    // The lease clock was set at a start: what had been promised by then moves with it.
    if (record.kind === 'Shift') for (const entry of last.values()) entry.end += record.to - record.from;
  });
  const problems = found.damaged > 0 ? [`${found.damaged} damaged records after a kill`] : [];
  const latest = new Map(acknowledged.map((ack) => [ack.address, ack]));
  for (const { address, mac, end } of latest.values()) {
    const entry = last.get(address);
    const where = `${ipv4FromNumber(address)} of ${mac}`;
    if (entry === undefined) problems.push(`${where} is not in the log`);
    else if (entry.client !== `1/${mac}`) {
      if (uses(address, mac)) problems.push(`${where} is ${entry.client}'s in the log`);
    } else if (entry.state === 'Bound' && entry.end < end - toleranceMs) {
      problems.push(`${where} ends ${end - entry.end} ms too early in the log`);
    }
  }
  return problems;
}
