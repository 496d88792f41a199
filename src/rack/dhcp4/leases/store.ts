import type { Clock } from '../../../domain/clock.ts';
import { ipv4FromNumber } from '../../../domain/net/address.ts';
import type { Timers } from '../../../kube/timers.ts';
import type { Logger } from '../../../log/logger.ts';
import { isHeld, type LeaseEntry, type LeaseState } from './lease.ts';
import { steadyClock } from './lease-clock.ts';
import { openLeaseLog } from './lease-log.ts';
import { LeaseTable, type LeaseView } from './lease-table.ts';
import { diskDirectory, type LogDirectory } from './log-directory.ts';
import type { Acquisition, HoldNote, LogRecord } from './record.ts';

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
  /** The lease clock: what every end is compared with. */
  readonly clock: Clock;
  /** Keeps an address for a client that was made an offer: in memory only. */
  hold(entry: LeaseEntry): void;
  /** Records what was agreed. Resolves when it is on disk; rejects with `LeaseNotStored`. */
  commit(entry: LeaseEntry): Promise<void>;
  /** Everything that is known, ended leases included, by address. */
  list(): Lease[];
  /** The same, in no order and made one by one: a hundred thousand can be looked at in parts. */
  entries(): Iterable<LeaseEntry>;
  /** How many leases are live: acknowledged and not ended. */
  live(): number;
  /** Why nothing can be recorded at present; undefined when it can. */
  problem(): string | undefined;
  close(): Promise<void>;
}

/** The part of the store that remembers which slices this rack has. */
export interface SliceMemory {
  readonly clock: Clock;
  /** Of slices that the log knows everything about, by name. */
  acquisition(slice: string): Acquisition | undefined;
  /** What was last noted of a slice before this process began; undefined after a damage. */
  lastHold(slice: string): HoldNote | undefined;
  /** Resolves when it is on disk. What was known of the addresses is forgotten, unless it is to be kept. */
  acquire(acquisition: Acquisition): Promise<void>;
  drop(slice: string): void;
  /** Written beside other records; nobody waits for it. */
  note(note: HoldNote): void;
  /** How many addresses of each pair of bounds are held: acknowledged, offered or declined. The pairs do not overlap. */
  countHeld(bounds: readonly { first: number; last: number }[]): number[];
  problem(): string | undefined;
}

/** What `openLeaseStore` needs. */
export interface LeaseStoreOptions {
  /** Made when it is missing; nothing else may write there. */
  directory: string;
  clock: Clock;
  log: Logger;
  /** See `LeaseLogOptions`. */
  compactAbove?: number | undefined;
  timers?: Timers | undefined;
  /** In place of the directory on disk. */
  files?: LogDirectory | undefined;
}

/** How long the address of a client that went away is remembered. */
const memoryMs = 30 * 24 * 3600 * 1000;

/** A lease counts as held for this much longer: a client may count from when it heard of it. */
const graceMs = 5_000;

/** What is being written for one address, and what stood on the disk before. */
interface InFlight {
  writes: number;
  stored: LeaseEntry | undefined;
}

/** Leases in memory with every agreement on disk before it is acknowledged. */
export async function openLeaseStore(options: LeaseStoreOptions): Promise<LeaseStore & SliceMemory> {
  const table = new LeaseTable();
  const acquisitions = new Map<string, Acquisition>();
  const holds = new Map<string, HoldNote>();
  const inFlight = new Map<number, InFlight>();
  const clock = steadyClock(options.clock, options.timers);

  function remember(acquisition: Acquisition): void {
    if (!acquisition.keep) table.forget(acquisition.first, acquisition.last);
    acquisitions.set(acquisition.slice, acquisition);
    holds.delete(acquisition.slice);
  }

  function forget(slice: string): void {
    acquisitions.delete(slice);
    holds.delete(slice);
  }

  /** The addresses are another rack's now: what stood here of them is history. */
  function drop(slice: string): void {
    const acquisition = acquisitions.get(slice);
    if (acquisition !== undefined) table.forget(acquisition.first, acquisition.last);
    forget(slice);
  }

  function shift(by: number): void {
    table.shift(by);
    for (const acquisition of acquisitions.values()) acquisition.blockedUntil += by;
  }

  function replay(record: LogRecord): void {
    if (record.kind === 'Lease') table.put(record.entry);
    else if (record.kind === 'Acquired') remember(record.acquisition);
    else if (record.kind === 'Dropped') drop(record.slice);
    else if (record.kind === 'Hold') holds.set(record.note.slice, record.note);
    else if (record.kind === 'Shift') shift(record.to - record.from);
  }

  function* survivors(): Iterable<LogRecord> {
    for (const acquisition of acquisitions.values()) yield { kind: 'Acquired', acquisition };
    for (const note of holds.values()) yield { kind: 'Hold', note };
    const oldest = clock.now() - memoryMs;
    for (const entry of table.entries()) if (entry.end > oldest) yield { kind: 'Lease', entry };
  }

  const files = options.files ?? diskDirectory(options.directory);
  const { log, compactAbove, timers } = options;
  const journal = await openLeaseLog(
    { directory: files, log, compactAbove, timers, survivors, now: () => clock.now() },
    replay,
  );
  // Of a log with damage nobody can say that it knows every lease of a slice.
  if (journal.incomplete) for (const slice of [...acquisitions.keys()]) forget(slice);
  const from = journal.lastMark;
  const to = clock.now();
  if (from !== undefined && from !== to) {
    // How long this process was away is not known: a clock may have been set meanwhile. What was left of a lease, is left.
    await journal.append({ kind: 'Shift', from, to }).catch(() => {});
    shift(to - from);
  }

  function settle(address: number, entry: LeaseEntry, stored: boolean): void {
    const flight = inFlight.get(address);
    if (flight === undefined) return;
    if (stored) flight.stored = entry;
    flight.writes -= 1;
    if (flight.writes > 0) return;
    inFlight.delete(address);
    // What nobody was told of is undone: a later renewal must go by what is on the disk.
    if (!stored && table.at(address) === entry) table.put(flight.stored ?? { ...entry, state: 'Offered' });
  }

  return {
    view: table,
    clock,
    hold: (entry) => table.put(entry),
    commit(entry) {
      const { address } = entry;
      const flight = inFlight.get(address);
      if (flight === undefined) inFlight.set(address, { writes: 1, stored: table.at(address) });
      else flight.writes += 1;
      // Memory first: nobody else may be offered the address meanwhile.
      table.put(entry);
      return journal.append({ kind: 'Lease', entry }).then(
        () => settle(address, entry, true),
        (error: unknown) => {
          settle(address, entry, false);
          throw error;
        },
      );
    },
    list() {
      const wall = options.clock.now() - clock.now();
      return [...table.entries()]
        .sort((a, b) => a.address - b.address)
        .map((entry) => ({
          ...entry,
          address: ipv4FromNumber(entry.address),
          end: entry.end + wall,
        }));
    },
    *entries() {
      const wall = options.clock.now() - clock.now();
      for (const entry of table.entries()) yield { ...entry, end: entry.end + wall };
    },
    live() {
      const now = clock.now();
      let count = 0;
      for (const entry of table.entries()) if (entry.state === 'Bound' && isHeld(entry, now)) count += 1;
      return count;
    },
    problem: () => journal.problem(),
    acquisition: (slice) => acquisitions.get(slice),
    lastHold: (slice) => holds.get(slice),
    async acquire(acquisition) {
      await journal.append({ kind: 'Acquired', acquisition });
      remember(acquisition);
    },
    drop(slice) {
      drop(slice);
      journal.append({ kind: 'Dropped', slice }).catch(() => {});
    },
    note(note) {
      holds.set(note.slice, note);
      journal.append({ kind: 'Hold', note }).catch(() => {});
    },
    countHeld: (bounds) => table.countHeld(bounds, clock.now() - graceMs),
    close: () => journal.close(),
  };
}
