import type { Clock } from '../../../domain/clock.ts';
import { ipv4FromNumber } from '../../../domain/net/address.ts';
import type { Logger } from '../../../log/logger.ts';
import type { LeaseEntry, LeaseState } from './lease.ts';
import { openLeaseLog } from './lease-log.ts';
import { LeaseTable, type LeaseView } from './lease-table.ts';

/** One dynamic address and who has it, for people and metrics. */
export interface Lease {
  /** Dotted quad. */
  address: string;
  subnet: string;
  /** Who holds it: see `identity.ts`. Empty for an address that was declined. */
  client: string;
  mac: string;
  hostname: string | undefined;
  state: LeaseState;
  /** Milliseconds since the Unix epoch: from then on the address may go to another client. */
  end: number;
}

/** Where dynamic leases live. */
export interface LeaseStore {
  readonly view: LeaseView;
  /** Keeps an address for a client that was made an offer: in memory only. */
  hold(entry: LeaseEntry): void;
  /** Records what was agreed. Resolves when it is on disk; rejects with `LeaseNotStored`. */
  commit(entry: LeaseEntry): Promise<void>;
  /** Everything that is known, ended leases included, by address. */
  list(): Lease[];
  close(): Promise<void>;
}

/** What `openLeaseStore` needs. */
export interface LeaseStoreOptions {
  /** Made when it is missing; nothing else may write there. */
  directory: string;
  clock: Clock;
  log: Logger;
  /** See `LeaseLogOptions`. */
  compactAbove?: number;
}

/** How long the address of a client that went away is remembered. */
const memoryMs = 30 * 24 * 3600 * 1000;

/** Leases in memory with every agreement on disk before it is acknowledged. */
export async function openLeaseStore(options: LeaseStoreOptions): Promise<LeaseStore> {
  const table = new LeaseTable();
  const log = await openLeaseLog(
    { ...options, survivors: () => worthKeeping(table, options.clock) },
    (entry) => table.put(entry),
  );
  return {
    view: table,
    hold: (entry) => table.put(entry),
    commit(entry) {
      // Memory first: should the disk fail, the address is at worst kept from others for nothing.
      table.put(entry);
      return log.append(entry);
    },
    list: () =>
      [...table.entries()]
        .sort((a, b) => a.address - b.address)
        .map((entry) => ({ ...entry, address: ipv4FromNumber(entry.address) })),
    close: () => log.close(),
  };
}

function* worthKeeping(table: LeaseTable, clock: Clock): Iterable<LeaseEntry> {
  const oldest = clock.now() - memoryMs;
  for (const entry of table.entries()) if (entry.end > oldest) yield entry;
}
