import { describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger.ts';
import { events } from './core-resources.ts';
import { kubeError } from './errors.ts';
import { createEventRecorder, cutBytes } from './events.ts';
import { createManualTimers } from './manual-timers.ts';
import { createMemoryClient } from './memory-client.ts';

function setUp() {
  const timers = createManualTimers();
  const failures: Error[] = [];
  const patched: number[] = [];
  /** What happens while the next Event is being created. */
  const meanwhile: (() => void)[] = [];
  const client = createMemoryClient({
    before({ verb }) {
      const failure = verb === 'list' ? undefined : failures.shift();
      if (failure !== undefined) throw failure;
    },
    after({ verb }) {
      if (verb === 'create' && lost-- > 0) throw kubeError('Timeout', 'x');
      if (verb === 'create') meanwhile.shift()?.();
      if (verb === 'patch') patched.push(timers.monotonic());
    },
  });
  let lost = 0;
  const lose = () => {
    lost = 1;
  };
  const created = async () => (await client.list(events)).items;
  const recorder = createEventRecorder({
    client,
    component: 'metalwright.dev/operator',
    clock: { now: () => Date.UTC(2026, 0, 1) + timers.monotonic() },
    timers,
    log: silentLogger,
  });
  const machine = { apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', name: 'r1-u7', uid: 'u' };
  const say = (message = 'no answer') => recorder.event(machine, 'Warning', 'BmcUnreachable', message);
  return { timers, created, patched, failures, meanwhile, recorder, say, lose };
}

describe('event recorder', () => {
  it('writes an event about a cluster-scoped object where the API server accepts it', async () => {
    const { say, created, timers } = setUp();
    say();
    await timers.advance(0);
    expect(await created()).toEqual([
      expect.objectContaining({
        metadata: expect.objectContaining({ namespace: 'default' }),
        eventTime: '2026-01-01T00:00:00.000000Z',
        reason: 'BmcUnreachable',
        action: 'BmcUnreachable',
        note: 'no answer',
        type: 'Warning',
        reportingController: 'metalwright.dev/operator',
      }),
    ]);
  });

  it('counts repeats in one event: the second at once, later ones every few minutes', async () => {
    const { say, created, patched, timers } = setUp();
    for (let second = 0; second < 600; second++) {
      say();
      await timers.advance(1000);
    }
    expect(await created()).toHaveLength(1);
    expect(patched).toEqual([1000, 301_000]);
    expect((await created())[0]?.series?.count).toBe(301);
  });

  it('counts what came before the first could be written, and while it was being written', async () => {
    const { say, created, failures, meanwhile, timers } = setUp();
    failures.push(kubeError('Unavailable', 'x'));
    meanwhile.push(say);
    say();
    say();
    await timers.advance(60_000);
    expect((await created()).map(({ series }) => series?.count)).toEqual([3]);
  });

  it('writes a new event when the old one has expired', async () => {
    const { say, created, failures, timers } = setUp();
    say();
    await timers.advance(1000);
    failures.push(kubeError('NotFound', 'x'));
    say();
    await timers.advance(1000);
    expect(await created()).toHaveLength(2);
    expect((await created())[1]?.series?.count).toBe(2);
  });

  it('tries again while the API server is away, and drops what it refuses', async () => {
    const { say, created, failures, timers } = setUp();
    failures.push(kubeError('Unavailable', 'x'), kubeError('Timeout', 'x'));
    say('first');
    await timers.advance(120_000);
    failures.push(kubeError('Forbidden', 'x'));
    say('second');
    say('third');
    await timers.advance(120_000);
    expect((await created()).map(({ note }) => note)).toEqual(['first', 'third']);
  });

  it('keeps what happened while the API server was away for hours, and tells it with its time', async () => {
    const { say, created, failures, timers } = setUp();
    for (let failure = 0; failure < 1000; failure++) failures.push(kubeError('Unavailable', 'x'));
    say();
    await timers.advance(2 * 3600_000);
    expect(await created()).toEqual([]);
    failures.length = 0;
    await timers.advance(60_000);
    expect(await created()).toEqual([expect.objectContaining({ eventTime: '2026-01-01T00:00:00.000000Z' })]);
  });

  it('lets no object flood the API server with events that all differ', async () => {
    const { say, created, timers } = setUp();
    for (let number = 0; number < 500; number++) say(`attempt ${number}`);
    await timers.advance(1000);
    expect(await created()).toHaveLength(50);
    await timers.advance(30_000);
    say('later');
    await timers.advance(0);
    expect(await created()).toHaveLength(51);
  });

  it('names Events in the order of time, and tells when things happened', async () => {
    const { recorder, created, timers } = setUp();
    const machine = { apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', name: 'r1-u7', uid: 'u' };
    const begin = Date.UTC(2026, 0, 1);
    for (const [index, second] of [3, 1, 1, 2].entries())
      recorder.event(machine, 'Normal', 'Dhcp', `${second} ${index}`, begin + second * 1000);
    await timers.advance(100);
    const all = (await created()).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    expect(all.map(({ note }) => note)).toEqual(['1 1', '1 2', '2 3', '3 0']);
    expect(all[0]?.eventTime).toBe('2026-01-01T00:00:01.000000Z');
  });

  it('counts an Event as written whose answer was lost', async () => {
    const { say, created, timers, lose } = setUp();
    lose();
    say();
    await timers.advance(60_000);
    say();
    await timers.advance(60_000);
    expect((await created()).map(({ series }) => series?.count)).toEqual([2]);
  });

  it('writes what waits before it stops', async () => {
    const { say, created, recorder, timers } = setUp();
    say('first');
    say('second');
    const stopped = recorder.stop();
    await timers.advance(100);
    await stopped;
    expect(await created()).toHaveLength(2);
  });
});

describe('cutBytes', () => {
  const cases: [string, string, number, string][] = [
    ['leaves a short text alone', 'abc', 3, 'abc'],
    ['cuts at the limit', 'abcd', 3, 'abc'],
    ['never leaves half a character', 'aé', 2, 'a'],
    ['counts bytes, not characters', '😀😀', 7, '😀'],
  ];
  for (const [name, text, limit, want] of cases) {
    it(name, () => {
      expect(cutBytes(text, limit)).toBe(want);
    });
  }
});
