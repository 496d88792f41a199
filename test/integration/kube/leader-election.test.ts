import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leases } from '../../../src/kube/core-resources.ts';
import { createLeaderElection, type LeaderElection } from '../../../src/kube/leader-election.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { type Setting, startSetting, until } from './setting.ts';

const namespace = 'default';
/** The API server takes whole seconds only, so this is about as short as it gets. */
const timing = { leaseSeconds: 3, renewDeadlineSeconds: 2, retrySeconds: 0.3 };

describe('leader election on a real API server', () => {
  let setting: Setting;
  const running: LeaderElection[] = [];
  beforeAll(async () => {
    setting = await startSetting();
  });
  afterAll(async () => {
    setting.proxy.faults.stall = false;
    await Promise.all(running.map((election) => election.stop()));
    await setting.stop();
  });

  function candidate(
    name: string,
    identity: string,
    client = setting.direct,
  ): LeaderElection & { terms: string[] } {
    const terms: string[] = [];
    const election = createLeaderElection({
      ...timing,
      client,
      namespace,
      name,
      identity,
      log: silentLogger,
      onStarted() {
        terms.push('started');
      },
      onStopped() {
        terms.push('stopped');
      },
    });
    running.push(election);
    election.start();
    return Object.assign(election, { terms });
  }

  it('passes from a leader whose network stalls to another, never to be held by both', async () => {
    const first = candidate('stall', 'first', setting.throughProxy(1000));
    await until('the first leads', () => first.isLeader());
    const second = candidate('stall', 'second');
    setting.proxy.faults.stall = true;
    let both = false;
    await until('the second leads', () => {
      both ||= first.fence.held() && second.fence.held();
      return second.isLeader();
    });
    expect(both).toBe(false);
    expect(first.terms).toEqual(['started', 'stopped']);
    setting.proxy.faults.stall = false;
    const lease = await setting.direct.get(leases, 'stall', namespace);
    expect(lease?.spec).toMatchObject({
      holderIdentity: 'second',
      leaseDurationSeconds: 3,
      leaseTransitions: 1,
    });
  });

  it('passes at once when the leader is stopped', async () => {
    const first = candidate('stop', 'first');
    await until('the first leads', () => first.isLeader());
    const second = candidate('stop', 'second');
    await first.stop();
    expect((await setting.direct.get(leases, 'stop', namespace))?.spec?.holderIdentity).not.toBe('first');
    await until('the second leads', () => second.isLeader(), 2500);
  });

  it('has one winner among ten that start at the same time', async () => {
    const all = Array.from({ length: 10 }, (_, number) => candidate('race', `candidate-${number}`));
    await until('one leads', () => all.some((each) => each.isLeader()));
    for (let look = 0; look < 20; look++) {
      expect(all.filter((each) => each.fence.held())).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('keeps the lease of a leader whose lease object was deleted', async () => {
    const only = candidate('deleted', 'only');
    await until('it leads', () => only.isLeader());
    await setting.direct.delete(leases, 'deleted', { namespace });
    await until('the lease is there again', async () => {
      const lease = await setting.direct.get(leases, 'deleted', namespace);
      return lease?.spec?.holderIdentity === 'only' && only.isLeader();
    });
  });
});
