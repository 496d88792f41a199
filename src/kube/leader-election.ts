import { type Clock, systemClock } from '../domain/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { KubeClient } from './client.ts';
import { type Lease, leases } from './core-resources.ts';
import { decideElection, leaseSpec } from './election.ts';
import { isKubeError, kubeError } from './errors.ts';
import { createFence, type Fence } from './fence.ts';
import { sleep, systemTimers, type Timers } from './timers.ts';

export interface LeaderElectionOptions {
  client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Unique to this process: the pod's name and something random. */
  identity: string;
  /** Others wait this long after the last renewal. Default 15. */
  leaseSeconds?: number | undefined;
  /** Without a renewal for this long the leadership is given up. Less than the lease. Default 10. */
  renewDeadlineSeconds?: number | undefined;
  /** Between two looks or renewals. Default 2. */
  retrySeconds?: number | undefined;
  clock?: Clock | undefined;
  timers?: Timers | undefined;
  random?: (() => number) | undefined;
  log: Logger;
  /** The work of a leader. The signal is aborted when the leadership ends; the next term waits for the promise. */
  onStarted(signal: AbortSignal): void | Promise<void>;
  /** After the leadership ended and onStarted's promise is settled. The next term waits for it too. */
  onStopped?(): void | Promise<void>;
}

export interface LeaderElection {
  start(): void;
  /** Ends the term, waits for its work while still renewing, gives the lease back for the next to take at once. */
  stop(): Promise<void>;
  isLeader(): boolean;
  /** To be asked right before each side effect. */
  readonly fence: Fence;
}

interface Term {
  ending: AbortController;
  /** Our lease as it was last written. */
  lease: Lease;
  cancelDeadline: () => void;
}

/** A Lease in the way of Kubernetes' own components: 15 s lease, given up after 10 s without renewal, looked at every 2 s. */
export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, namespace, name, identity } = options;
  const { leaseSeconds = 15, renewDeadlineSeconds = 10, retrySeconds = 2 } = options;
  const { clock = systemClock, timers = systemTimers, random = Math.random } = options;
  if (!(retrySeconds < renewDeadlineSeconds && renewDeadlineSeconds < leaseSeconds)) {
    throw new RangeError('leader election needs retrySeconds < renewDeadlineSeconds < leaseSeconds');
  }
  const deadlineMs = renewDeadlineSeconds * 1000;
  const log = options.log.child({ lease: `${namespace}/${name}`, identity });
  const control = createFence(`${namespace}/${name}`, timers);
  const stopping = new AbortController();
  const looping = new AbortController();
  let observed = { resourceVersion: '', at: 0 };
  let term: Term | undefined;
  /** The work of the last term has ended: no new one begins before that. */
  let termEnded = Promise.resolve();
  let running: Promise<void> | undefined;

  async function write(
    decision: 'create' | 'acquire' | 'renew' | 'release',
    previous: Lease | undefined,
  ): Promise<Lease> {
    const spec = leaseSpec(decision, previous, { identity, seconds: leaseSeconds, epochMs: clock.now() });
    if (previous === undefined) return await client.create(leases, { metadata: { name, namespace }, spec });
    return await client.update(leases, { ...previous, spec });
  }

  /** One look, and one write where it is ours to write. */
  async function attempt(abandoned: AbortSignal): Promise<void> {
    const lease = term?.lease ?? (await client.get(leases, name, namespace));
    const now = timers.monotonic();
    const resourceVersion = lease?.metadata.resourceVersion ?? '';
    if (resourceVersion !== observed.resourceVersion) observed = { resourceVersion, at: now };
    const decision = decideElection({ identity, lease, observedAt: observed.at, now });
    if (decision.kind === 'wait') {
      log.debug({ holder: decision.holder, forMs: decision.forMs }, 'another leads');
      return;
    }
    if (term === undefined && stopping.signal.aborted) return;
    const sentAt = timers.monotonic();
    const written = await write(decision.kind, lease);
    // An answer that nobody waited for any more says nothing about now.
    if (abandoned.aborted) return;
    if (term === undefined && stopping.signal.aborted) await write('release', written);
    else held(written, sentAt);
  }

  function held(lease: Lease, sentAt: number): void {
    // Counted from before the request: nobody else can have started to wait earlier.
    const heldUntil = sentAt + deadlineMs;
    control.holdUntil(heldUntil);
    const cancelDeadline = timers.after(heldUntil - timers.monotonic(), () =>
      lose('the lease could not be renewed in time'),
    );
    if (term === undefined) {
      begin(lease, cancelDeadline);
    } else {
      term.cancelDeadline();
      term = { ...term, lease, cancelDeadline };
    }
  }

  function begin(lease: Lease, cancelDeadline: () => void): void {
    const ending = new AbortController();
    log.info({ transitions: lease.spec?.leaseTransitions }, 'this process leads now');
    term = { ending, lease, cancelDeadline };
    termEnded = runTerm(ending.signal);
  }

  async function runTerm(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    try {
      await options.onStarted(signal);
    } catch (error) {
      log.error({ err: error }, 'the work of the leader failed');
    }
    await aborted;
    try {
      await options.onStopped?.();
    } catch (error) {
      log.error({ err: error }, 'ending the work of the leader failed');
    }
  }

  function lose(why: string): void {
    if (term === undefined) return;
    control.revoke();
    term.cancelDeadline();
    term.ending.abort();
    term = undefined;
    log.warn({}, `this process leads no longer: ${why}`);
  }

  async function tryOnce(): Promise<void> {
    const limit = new AbortController();
    try {
      const tooLate = sleep(timers, deadlineMs, limit.signal).then(() => {
        if (!limit.signal.aborted) throw kubeError('Timeout', `lease ${namespace}/${name}`);
      });
      await Promise.race([attempt(limit.signal), tooLate]);
    } catch (error) {
      // Somebody wrote it. While we lead, only one that thinks our time is over does so: read it before the next write.
      if (isKubeError(error, 'Conflict', 'AlreadyExists', 'NotFound') && term !== undefined) {
        await reread(error);
        return;
      }
      log.warn({ err: error, leading: term !== undefined }, 'a look at the lease failed and is repeated');
    } finally {
      limit.abort();
    }
  }

  async function reread(cause: unknown): Promise<void> {
    try {
      const lease = await client.get(leases, name, namespace);
      if (term === undefined) return;
      if (lease?.spec?.holderIdentity === identity) term.lease = lease;
      else lose(`${lease?.spec?.holderIdentity ?? 'nobody'} holds the lease`);
    } catch (error) {
      log.warn({ err: error, cause }, 'reading the lease again failed and is repeated');
    }
  }

  async function run(): Promise<void> {
    while (!looping.signal.aborted) {
      if (term === undefined) await termEnded;
      await tryOnce();
      await sleep(timers, retrySeconds * 1000 * (1 + 0.2 * random()), looping.signal);
    }
  }

  async function release(): Promise<void> {
    if (term === undefined) return;
    const { lease, cancelDeadline } = term;
    cancelDeadline();
    term = undefined;
    control.revoke();
    try {
      await write('release', lease);
      log.info({}, 'the lease was given back');
    } catch (error) {
      log.warn({ err: error }, 'the lease could not be given back and runs out by itself');
    }
  }

  return {
    start() {
      if (!stopping.signal.aborted) running ??= run();
    },
    async stop() {
      stopping.abort();
      term?.ending.abort();
      // Renewals go on meanwhile: the work that ends may still need the lease.
      await termEnded;
      looping.abort();
      await running;
      await release();
    },
    isLeader: () => term !== undefined,
    fence: control.fence,
  };
}
