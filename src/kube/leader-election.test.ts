import { describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger.ts';
import { leases } from './core-resources.ts';
import { kubeError } from './errors.ts';
import { createLeaderElection, type LeaderElection } from './leader-election.ts';
import { createManualTimers, type ManualTimers } from './manual-timers.ts';
import { createMemoryClient } from './memory-client.ts';

/** An API server that can be out of reach, or hang, for one of its users. */
function createLeaseServer() {
  const broken = new Map<string, 'refuse' | 'hang'>();
  const server = createMemoryClient();
  const read = () => server.get(leases, 'operator', 'metalwright');
  return {
    broken,
    clientFor: (who: string) =>
      server.connect({
        async before() {
          const how = broken.get(who);
          if (how === 'refuse') throw kubeError('Unavailable', 'test');
          if (how === 'hang') await new Promise(() => {});
        },
      }),
    writes: () => server.writes(),
    holder: async () => (await read())?.spec?.holderIdentity,
    /** As when somebody edits the lease by hand. */
    seize: (holderIdentity: string) =>
      server.patch(
        leases,
        'operator',
        { spec: { holderIdentity, leaseTransitions: 99 } },
        { namespace: 'metalwright' },
      ),
  };
}

type LeaseServer = ReturnType<typeof createLeaseServer>;

interface Candidate {
  election: LeaderElection;
  log: string[];
  signals: AbortSignal[];
  /** Settles the work of a term that was told to end. */
  finishWork: () => void;
}

function candidate(
  server: LeaseServer,
  timers: ManualTimers,
  identity: string,
  { slowToEnd = false } = {},
): Candidate {
  const log: string[] = [];
  const signals: AbortSignal[] = [];
  let finishWork = (): void => {};
  const election = createLeaderElection({
    client: server.clientFor(identity),
    namespace: 'metalwright',
    name: 'operator',
    identity,
    timers,
    clock: { now: () => timers.monotonic() },
    random: () => 0,
    log: silentLogger,
    async onStarted(signal) {
      log.push('started');
      signals.push(signal);
      if (slowToEnd) await new Promise<void>((resolve) => (finishWork = resolve));
    },
    onStopped() {
      log.push('stopped');
    },
  });
  election.start();
  return { election, log, signals, finishWork: () => finishWork() };
}

describe('leader election', () => {
  it('has one leader among many candidates', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const all = ['a', 'b', 'c'].map((identity) => candidate(server, timers, identity));
    await timers.advance(30_000);
    expect(all.filter(({ election }) => election.isLeader())).toHaveLength(1);
    expect(all.filter(({ election }) => election.fence.held())).toHaveLength(1);
  });

  it('renews and renews, and changes hands no more', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a');
    await timers.advance(600_000);
    expect(a.log).toEqual(['started']);
    expect(a.signals[0]?.aborted).toBe(false);
    expect(server.writes()).toBeGreaterThan(250);
  });

  for (const how of ['refuse', 'hang'] as const) {
    it(`gives up before another can lead, when the API server seems to ${how}`, async () => {
      const timers = createManualTimers();
      const server = createLeaseServer();
      const a = candidate(server, timers, 'a');
      await timers.advance(1000);
      const b = candidate(server, timers, 'b');
      await timers.advance(5000);
      server.broken.set('a', how);
      let bothAtOnce = false;
      let takenAfter = 0;
      for (let second = 0; second < 40; second++) {
        await timers.advance(1000);
        bothAtOnce ||= a.election.fence.held() && b.election.fence.held();
        if (!b.election.isLeader()) takenAfter = second + 1;
      }
      expect(bothAtOnce).toBe(false);
      expect(a.log).toEqual(['started', 'stopped']);
      expect(b.log).toEqual(['started']);
      expect(takenAfter).toBeLessThan(20);
      server.broken.delete('a');
      await timers.advance(30_000);
      expect(a.election.isLeader()).toBe(false);
    });
  }

  it('refuses side effects right after the process stood still, before any timer has run', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a');
    await timers.advance(5000);
    a.election.fence.assertHeld();
    timers.freeze(30_000);
    expect(a.election.isLeader()).toBe(true);
    expect(() => a.election.fence.assertHeld()).toThrow(expect.objectContaining({ code: 'NotLeader' }));
  });

  it('ends its term when another holds the lease', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a');
    await timers.advance(1000);
    await server.seize('somebody');
    await timers.advance(3000);
    expect(a.log).toEqual(['started', 'stopped']);
    expect(a.election.fence.held()).toBe(false);
  });

  it('goes on when the lease was touched but is still its own', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a');
    await timers.advance(1000);
    await server.seize('a');
    await timers.advance(60_000);
    expect(a.log).toEqual(['started']);
    expect(a.election.isLeader()).toBe(true);
  });

  it('begins no new term before the work of the last one has ended', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a', { slowToEnd: true });
    await timers.advance(1000);
    server.broken.set('a', 'refuse');
    await timers.advance(15_000);
    server.broken.delete('a');
    await timers.advance(60_000);
    expect(a.log).toEqual(['started']);
    a.finishWork();
    await timers.advance(10_000);
    expect(a.log).toEqual(['started', 'stopped', 'started']);
  });

  it('gives the lease back when it is stopped, so that the next one leads at once', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a');
    await timers.advance(1000);
    const b = candidate(server, timers, 'b');
    await timers.advance(1000);
    const stopped = a.election.stop();
    await timers.advance(0);
    await stopped;
    expect(await server.holder()).toBe('');
    await timers.advance(2500);
    expect(b.election.isLeader()).toBe(true);
    expect(a.log).toEqual(['started', 'stopped']);
  });

  it('keeps the lease while the work of a stopped leader ends', async () => {
    const timers = createManualTimers();
    const server = createLeaseServer();
    const a = candidate(server, timers, 'a', { slowToEnd: true });
    await timers.advance(1000);
    const stopped = a.election.stop();
    await timers.advance(60_000);
    expect(a.signals[0]?.aborted).toBe(true);
    a.election.fence.assertHeld();
    expect(await server.holder()).toBe('a');
    a.finishWork();
    await timers.advance(0);
    await stopped;
    expect(await server.holder()).toBe('');
    expect(timers.pending()).toBe(0);
  });
});
