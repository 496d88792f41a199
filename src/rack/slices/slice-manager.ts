import type { Clock } from '../../domain/clock.ts';
import { type AddressSpan, cutSlices, spanSize } from '../../domain/net/slices/cut.ts';
import { planClaims, type SliceSeen } from '../../domain/net/slices/plan-claims.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Lease, leases } from '../../kube/core-resources.ts';
import { isKubeError } from '../../kube/errors.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { SliceMemory } from '../dhcp4/leases/store.ts';
import type { Tenure } from '../dhcp4/tenure.ts';
import { createHeldSlices, type SliceStatus, sameSpans } from './held-slices.ts';
import { judgeSlice, type SliceVerdict } from './judge-slice.ts';
import { readSliceLease, type SliceRecord, sliceLeaseName, writeSliceLease } from './slice-lease.ts';
import { createSliceSights } from './slice-sights.ts';
import { elapsed, holdMs, type Tenancy } from './tenancy.ts';

/** A subnet as far as its slices go. Addresses are unsigned 32-bit numbers. */
export interface SlicedSubnet {
  name: string;
  vlan: string;
  /** The whole network. */
  bounds: AddressSpan;
  ranges: readonly AddressSpan[];
  leaseSeconds: number;
}

/** How long a rack has a slice without renewal, and how often it renews. */
export interface SliceTerm {
  termSeconds: number;
  renewSeconds: number;
}

/** What `createSliceManager` is made of. */
export interface SliceManagerDeps {
  client: Pick<KubeClient, 'list' | 'watch' | 'get' | 'create' | 'update'>;
  namespace: string;
  rackName: string;
  memory: SliceMemory;
  /** Names of the subnets that this rack is wired to. Those behind relays are found by their packets. */
  local(): readonly string[];
  /** Undefined for a subnet that is not, or no longer, to be served. */
  describe(subnet: string): SlicedSubnet | undefined;
  /** Names of the live racks that serve a subnet, this one among them. */
  racks(subnet: string): readonly string[];
  term: SliceTerm;
  /** The node's date: it can only shorten what is held. */
  wall: Clock;
  /** On the kernel's monotonic clock, which goes on when this process is started anew. */
  timers: Timers;
  /** Identifies the kernel's boot. */
  boot: string;
  newId(): string;
  random?: (() => number) | undefined;
  log: Logger;
}

/** Takes, renews and gives back slices, and answers the DHCP server from what is held. */
export interface SliceManager extends Tenure {
  start(): void;
  /** Ends the work and keeps the slices: who is started again within the term goes on with them. */
  stop(): Promise<void>;
  status(): SliceStatus[];
}

type Wanted = Pick<Tenancy, 'name' | 'subnet' | 'first' | 'last' | 'parts'>;

interface Written {
  lease: Lease;
  /** Both clocks before it was sent. */
  at: number;
  wallAt: number;
}

const lookMs = 1_000;
/** A subnet behind a relay is served for this long after its last packet. */
const interestMs = 3600 * 1000;
/** What a client's clock, the network and the former holder's delays may add to a lease. */
const graceMs = 5_000;

/** See `SliceManager`; the protocol and why it is safe: `README.md`. */
export function createSliceManager(deps: SliceManagerDeps): SliceManager {
  const { client, namespace, rackName, memory, term, timers, wall, boot, log, random = Math.random } = deps;
  const held = createHeldSlices({ memory, timers, wall });
  const { tenancies } = held;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let wake = (): void => {};
  const sights = createSliceSights({ client, namespace, timers, random, log, deleted: () => wake() });

  function verdictOn(name: string): SliceVerdict {
    const sight = sights.get(name);
    return judgeSlice({
      self: rackName,
      record: sight && readSliceLease(sight.lease),
      gone: sight?.gone ?? false,
      observedAt: sight?.at ?? 0,
      now: timers.monotonic(),
      remembered: memory.acquisition(name)?.id,
    });
  }

  // ---- writing --------------------------------------------------------------------------------

  /** A request that is given up may still arrive: the next one then meets a conflict, and looks. */
  async function write(slice: Wanted, record: SliceRecord, previous: Lease | undefined): Promise<Written> {
    const at = timers.monotonic();
    const wallAt = wall.now();
    const object = writeSliceLease(slice, record, { namespace, previous, epochMs: wallAt });
    const request = previous === undefined ? client.create(leases, object) : client.update(leases, object);
    const limit = new AbortController();
    const tooLate = sleep(timers, term.renewSeconds * 1000, limit.signal).then(() => {
      throw new Error('the API server did not answer in time');
    });
    request.catch(() => {});
    tooLate.catch(() => {});
    try {
      const lease = await Promise.race([request, tooLate]);
      sights.saw(lease);
      return { lease, at, wallAt };
    } finally {
      limit.abort();
    }
  }

  function recordOf(tenancy: Tenancy): SliceRecord {
    return {
      holder: rackName,
      acquisition: tenancy.id,
      termSeconds: term.termSeconds,
      promisedSeconds: Math.max(
        tenancy.promisedSeconds,
        held.isBlocked(tenancy) ? tenancy.inheritedSeconds : 0,
      ),
    };
  }

  function certain(tenancy: Tenancy, record: SliceRecord, { lease, at, wallAt }: Written): void {
    const forMs = holdMs(record.termSeconds);
    const coverMs = forMs + record.promisedSeconds * 1000;
    tenancy.lease = lease;
    tenancy.hold = { at, wallAt, forMs, coverMs };
    memory.note({ slice: tenancy.name, boot, holdUntil: at + forMs, coverUntil: at + coverMs });
    held.changed();
  }

  async function renew(tenancy: Tenancy): Promise<void> {
    tenancy.writing = true;
    try {
      const record = recordOf(tenancy);
      certain(tenancy, record, await write(tenancy, record, tenancy.lease));
    } catch (error) {
      if (isKubeError(error, 'Conflict', 'NotFound', 'AlreadyExists')) await lookAgain(tenancy);
      else log.debug({ slice: tenancy.name, error: messageOf(error) }, 'a slice was not renewed');
    } finally {
      tenancy.writing = false;
    }
  }

  /** Somebody wrote the Lease: another rack, or this one by a request that it had given up. */
  async function lookAgain(tenancy: Tenancy): Promise<void> {
    try {
      const lease = await client.get(leases, tenancy.name, namespace);
      if (lease === undefined) {
        // Deleted by a person: it is made anew before anybody can take it for one that nobody ever had.
        tenancy.lease = undefined;
        wake();
        return;
      }
      sights.saw(lease);
      const { holder, acquisition } = readSliceLease(lease);
      if (holder !== rackName || acquisition !== tenancy.id) {
        lose(tenancy, holder);
        return;
      }
      tenancy.lease = lease;
      tenancy.leaving = false;
      wake();
    } catch (error) {
      log.debug({ slice: tenancy.name, error: messageOf(error) }, 'a slice could not be looked at');
    }
  }

  function lose(tenancy: Tenancy, holder: string): void {
    held.delete(tenancy.name);
    memory.drop(tenancy.name);
    log.warn({ slice: tenancy.name, holder }, 'another rack has the slice now');
  }

  // ---- taking and giving back -----------------------------------------------------------------

  function tenancyOf(slice: Wanted, part: Partial<Tenancy> & Pick<Tenancy, 'id' | 'blockedUntil'>): Tenancy {
    return {
      ...slice,
      lease: undefined,
      hold: undefined,
      promisedSeconds: 0,
      inheritedSeconds: 0,
      leaving: false,
      writing: false,
      ...part,
    };
  }

  /** False when the API server gave no answer: then there is no use in asking for others. */
  async function claim(slice: Wanted, leaseSeconds: number): Promise<boolean> {
    const verdict = verdictOn(slice.name);
    if (verdict.kind === 'Foreign') return true;
    try {
      if (verdict.kind === 'Resume') await resume(slice, leaseSeconds);
      else await take(slice, leaseSeconds, verdict.kind === 'Take' ? verdict.blockedSeconds : undefined);
      return true;
    } catch (error) {
      const raced = isKubeError(error, 'Conflict', 'AlreadyExists', 'NotFound');
      log.debug({ slice: slice.name, raced, error: messageOf(error) }, 'a slice was not taken');
      return raced;
    }
  }

  /** From before a restart: the log knows all of it. */
  async function resume(slice: Wanted, leaseSeconds: number): Promise<void> {
    const acquisition = memory.acquisition(slice.name);
    const lease = sights.get(slice.name)?.lease;
    if (acquisition === undefined || lease === undefined) return;
    const { promisedSeconds } = readSliceLease(lease);
    const { id, blockedUntil } = acquisition;
    const tenancy = tenancyOf(slice, {
      id,
      blockedUntil,
      lease,
      promisedSeconds: Math.max(promisedSeconds, leaseSeconds),
      inheritedSeconds: promisedSeconds,
    });
    const record = recordOf(tenancy);
    certain(tenancy, record, await write(slice, record, lease));
    held.set(tenancy);
  }

  /** @param blockedSeconds undefined for a slice that nobody ever had. */
  async function take(
    slice: Wanted,
    leaseSeconds: number,
    blockedSeconds: number | undefined,
  ): Promise<void> {
    const { name, first, last } = slice;
    const id = deps.newId();
    const sight = sights.get(name);
    const inheritedSeconds = blockedSeconds ?? 0;
    const tenancy = tenancyOf(slice, {
      id,
      promisedSeconds: leaseSeconds,
      inheritedSeconds,
      blockedUntil: Number.POSITIVE_INFINITY,
    });
    const record = recordOf(tenancy);
    const from = memory.clock.now();
    const written = await write(slice, record, sight?.gone === true ? undefined : sight?.lease);
    tenancy.blockedUntil = inheritedSeconds === 0 ? 0 : from + inheritedSeconds * 1000 + graceMs;
    const { blockedUntil } = tenancy;
    try {
      await memory.acquire({
        slice: name,
        id,
        first,
        last,
        blockedUntil,
        keep: blockedSeconds === undefined,
      });
    } catch (error) {
      await write(slice, { ...record, holder: '', promisedSeconds: inheritedSeconds }, written.lease);
      throw error;
    }
    certain(tenancy, record, written);
    held.set(tenancy);
    log.info({ slice: name, subnet: slice.subnet, blockedSeconds: inheritedSeconds }, 'took a slice');
  }

  async function giveBack(tenancy: Tenancy): Promise<void> {
    if (tenancy.writing) return;
    const [inUse = 1] = memory.countHeld([tenancy]);
    if (inUse > 0 || held.isBlocked(tenancy)) return;
    tenancy.leaving = true;
    tenancy.writing = true;
    held.changed();
    try {
      const record = { ...recordOf(tenancy), holder: '', acquisition: '', promisedSeconds: 0 };
      await write(tenancy, record, tenancy.lease);
      held.delete(tenancy.name);
      memory.drop(tenancy.name);
      log.info({ slice: tenancy.name, subnet: tenancy.subnet }, 'gave a slice back');
    } catch (error) {
      // Whether it is given back is not known: nothing is made of it until somebody has looked.
      tenancy.hold = undefined;
      log.debug({ slice: tenancy.name, error: messageOf(error) }, 'a slice was not given back');
      await lookAgain(tenancy);
    } finally {
      tenancy.writing = false;
    }
  }

  // ---- looking --------------------------------------------------------------------------------

  function wantedSubnets(): SlicedSubnet[] {
    const now = timers.monotonic();
    for (const [name, at] of held.asked) if (now - at > interestMs) held.asked.delete(name);
    return [...new Set([...deps.local(), ...held.asked.keys()])].flatMap((name) => deps.describe(name) ?? []);
  }

  function slicesOf(subnet: SlicedSubnet): Wanted[] {
    return cutSlices(subnet.bounds, subnet.ranges).map((block) => ({
      ...block,
      name: sliceLeaseName(subnet.vlan, block.first, block.last),
      subnet: subnet.name,
    }));
  }

  /** After a restart, before the API server was asked: what the log says was certain in this boot of the kernel. */
  function recall(slice: Wanted): void {
    const acquisition = memory.acquisition(slice.name);
    const last = memory.lastHold(slice.name);
    if (acquisition === undefined || last?.boot !== boot) return;
    const { id, blockedUntil } = acquisition;
    const at = timers.monotonic();
    const hold = { at, wallAt: wall.now(), forMs: last.holdUntil - at, coverMs: last.coverUntil - at };
    held.set(tenancyOf(slice, { id, blockedUntil, hold }));
  }

  function isDue(tenancy: Tenancy): boolean {
    const { hold, lease, name, promisedSeconds } = tenancy;
    if (hold === undefined || lease === undefined || sights.get(name)?.gone === true) return true;
    const monotonic = timers.monotonic();
    const since = elapsed(hold, { monotonic, wall: wall.now() });
    const slept = since - (monotonic - hold.at) > lookMs;
    return since >= term.renewSeconds * 1000 || slept || hold.coverMs - hold.forMs < promisedSeconds * 1000;
  }

  function renewDue(): void {
    for (const tenancy of tenancies.values()) {
      if (tenancy.writing || tenancy.leaving || !isDue(tenancy)) continue;
      if (tenancy.lease !== undefined || recognise(tenancy)) void renew(tenancy);
    }
  }

  /** Whether a slice that was recalled, or whose Lease was deleted, can be renewed. */
  function recognise(tenancy: Tenancy): boolean {
    if (!sights.hasSynced()) return false;
    const sight = sights.get(tenancy.name);
    if (sight === undefined || sight.gone) return true;
    const record = readSliceLease(sight.lease);
    if (record.holder !== rackName || record.acquisition !== tenancy.id) {
      lose(tenancy, record.holder);
      return false;
    }
    tenancy.lease = sight.lease;
    tenancy.inheritedSeconds = Math.max(tenancy.inheritedSeconds, record.promisedSeconds);
    tenancy.promisedSeconds = Math.max(tenancy.promisedSeconds, record.promisedSeconds);
    return true;
  }

  function refresh(tenancy: Tenancy, slice: Wanted, leaseSeconds: number): void {
    tenancy.promisedSeconds = Math.max(tenancy.promisedSeconds, leaseSeconds);
    if (tenancy.subnet === slice.subnet && sameSpans(tenancy.parts, slice.parts)) return;
    tenancy.parts = slice.parts;
    tenancy.subnet = slice.subnet;
    held.changed();
  }

  function see(slice: Wanted, inUse: number): SliceSeen {
    const { name } = slice;
    const size = spanSize(slice.parts);
    const tenancy = tenancies.get(name);
    const seen = { name, size, held: inUse, waitingMs: 0 };
    if (tenancy !== undefined) {
      return { ...seen, state: tenancy.leaving || held.isBlocked(tenancy) ? 'Blocked' : 'Mine' };
    }
    const verdict = verdictOn(name);
    if (verdict.kind === 'Foreign' || verdict.kind === 'Resume') return { ...seen, state: 'Foreign' };
    if (verdict.kind === 'Unclaimed' || sights.get(name)?.lease.spec?.holderIdentity === '') {
      return { ...seen, state: 'Free' };
    }
    return { ...seen, state: 'Expired', waitingMs: verdict.waitingMs };
  }

  async function tend(subnet: SlicedSubnet, slices: readonly Wanted[]): Promise<boolean> {
    for (const slice of slices) {
      const tenancy = tenancies.get(slice.name);
      if (tenancy !== undefined) refresh(tenancy, slice, subnet.leaseSeconds);
    }
    // What cannot be recorded is not taken either.
    if (!sights.hasSynced() || memory.problem() !== undefined) return true;
    const own = slices.filter(({ name }) => verdictOn(name).kind === 'Resume');
    if (!(await claimAll(own, subnet.leaseSeconds))) return false;
    const counts = memory.countHeld(slices);
    const seen = slices.map((slice, index) => see(slice, counts[index] ?? 0));
    const plan = planClaims(seen, rackName, deps.racks(subnet.name));
    const more = slices.filter(({ name }) => plan.claim.includes(name));
    if (!(await claimAll(more, subnet.leaseSeconds))) return false;
    for (const name of plan.giveBack) {
      const tenancy = tenancies.get(name);
      if (tenancy !== undefined) await giveBack(tenancy);
    }
    return true;
  }

  /** False when the API server gave no answer. */
  async function claimAll(slices: readonly Wanted[], leaseSeconds: number): Promise<boolean> {
    for (const slice of slices) {
      if (!tenancies.has(slice.name) && !(await claim(slice, leaseSeconds))) return false;
    }
    return true;
  }

  async function look(): Promise<void> {
    const subnets = wantedSubnets().map((subnet) => ({ subnet, slices: slicesOf(subnet) }));
    renewDue();
    for (const { subnet, slices } of subnets) if (!(await tend(subnet, slices))) break;
    const wanted = new Set(subnets.flatMap(({ slices }) => slices.map(({ name }) => name)));
    for (const tenancy of [...tenancies.values()]) {
      if (tenancy.leaving && !tenancy.writing) await lookAgain(tenancy);
      // Of a subnet or a range that is no more, as soon as nobody has an address of it.
      else if (!wanted.has(tenancy.name)) await giveBack(tenancy);
    }
  }

  async function loop(): Promise<void> {
    for (const subnet of wantedSubnets()) slicesOf(subnet).forEach(recall);
    while (!stopping.signal.aborted) {
      const nap = new AbortController();
      wake = () => nap.abort();
      stopping.signal.addEventListener('abort', wake, { once: true });
      try {
        await look();
      } catch (error) {
        log.error({ error: messageOf(error) }, 'a look at the slices failed and is repeated');
      }
      await sleep(timers, lookMs, nap.signal);
      stopping.signal.removeEventListener('abort', wake);
    }
  }

  return {
    open: held.open,
    limit: held.limit,
    status: held.status,
    start() {
      sights.start();
      running ??= loop();
    },
    async stop() {
      stopping.abort();
      await running;
      await sights.stop();
    },
  };
}
