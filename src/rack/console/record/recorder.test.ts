import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../../test/fixtures/objects.ts';
import type { MachinePhase } from '../../../api/machine/phases.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import type { Change } from '../../../kube/store.ts';
import { silentLogger } from '../../../log/logger.ts';
import { powerError } from '../../power/errors.ts';
import { type ConsoleLimits, createConsoles } from '../consoles.ts';
import { consoleError } from '../errors.ts';
import type { Viewer } from '../room.ts';
import type { ConsoleListener, ConsoleSource } from '../serial-console.ts';
import { createRecordedLines } from './recorded-lines.ts';
import { createRecorder } from './recorder.ts';
import { isBooting, listeningRack } from './wanted.ts';

const since = '2026-01-01T00:00:00Z';

function inPhase(name: string, phase: MachinePhase, at = since): Machine {
  return aMachine({ metadata: { name }, status: { phase, phaseSince: at } });
}

/** A recorder over real consoles, whose lines are the test's. */
function setting({ most = 32, limits = {} }: { most?: number; limits?: Partial<ConsoleLimits> } = {}) {
  const timers = createManualTimers();
  const known = new Map<string, Machine>();
  const watchers = new Set<(change: Change<Machine>) => void>();
  const held = new Map<string, ConsoleListener>();
  const opened: string[] = [];
  let closing: Promise<void> = Promise.resolve();
  let refusal: Error | undefined;
  const source: ConsoleSource = {
    kind: 'Sol',
    async open({ metadata: { name } }, listener, { takeOver }) {
      opened.push(`${name}${takeOver ? ' by force' : ''}`);
      if (refusal !== undefined) throw refusal;
      held.set(name, listener);
      return { write: () => true, close: () => closing.then(() => void held.delete(name)) };
    },
  };
  const clock = { now: () => Date.parse(since) + timers.monotonic() };
  const consoles = createConsoles({
    ...{ rackName: 'r1', clock, log: silentLogger, timers, limits },
    machine: (name) => known.get(name),
    source: ({ metadata }, kind) =>
      metadata.name.startsWith('plain')
        ? { kind: 'BootLog', readOnly: true, open: source.open }
        : kind === undefined || kind === 'Sol'
          ? source
          : undefined,
  });
  const lines = createRecordedLines({ instance: 'i', clock, mostBytes: 1_000_000 });
  const recorder = createRecorder({
    ...{ consoles, lines, most, timers, log: silentLogger, wants: isBooting },
    machines: {
      get: (name) => known.get(name),
      list: () => [...known.values()],
      onChange(watcher) {
        watchers.add(watcher);
        return () => watchers.delete(watcher);
      },
    },
  });
  return {
    ...{ timers, consoles, recorder, opened, held },
    /** What it takes to give a line free. */
    closesWith(promise: Promise<void>) {
      closing = promise;
    },
    refuse: (error: Error | undefined) => {
      refusal = error;
    },
    set(machine: Machine) {
      known.set(machine.metadata.name, machine);
      for (const watcher of watchers) watcher({ type: 'Modified', object: machine, previous: machine });
    },
    say: (name: string, words: string) => held.get(name)?.data(new TextEncoder().encode(words)),
    texts: () => lines.page(0, 100).items.map(({ machine, text }) => `${machine}: ${text}`),
  };
}

function aViewer(): Viewer & { said: string; states: string[] } {
  const viewer = {
    ...{ user: 'ann', watches: false, said: '', states: [] as string[] },
    news(news: Parameters<Viewer['news']>[0]) {
      if (news.type === 'Line') viewer.states.push(news.state);
    },
    data(data: Uint8Array) {
      viewer.said += new TextDecoder().decode(data);
    },
    drained: () => undefined,
  };
  return viewer;
}

describe('a recorder of consoles', () => {
  it('keeps what a machine says while it is booted for Metalwright, and nothing of its tenant', async () => {
    const { timers, recorder, set, say, texts, held } = setting();
    recorder.start();
    set(inPhase('m1', 'Ready'));
    await timers.advance(0);
    expect(held.size).toBe(0);
    set(inPhase('m1', 'Deploying'));
    await timers.advance(0);
    say('m1', 'Linux 6.12\r\ncmd mw.token=abcdef\r\nlogin: ');
    await timers.advance(5_000);
    set(inPhase('m1', 'Deployed'));
    await timers.advance(0);
    expect(held.size).toBe(0);
    expect(texts()).toEqual(['m1: Linux 6.12', 'm1: cmd mw.token=[hidden]', 'm1: login:']);
  });

  it('does not keep what is said before somebody who looks at an installed machine', async () => {
    const { timers, recorder, consoles, set, say, texts } = setting();
    recorder.start();
    set(inPhase('m1', 'Deploying'));
    await timers.advance(0);
    const ann = aViewer();
    consoles.join('m1', ann);
    say('m1', 'booting\n');
    set(inPhase('m1', 'Deployed'));
    await timers.advance(0);
    say('m1', 'private\n');
    await timers.advance(5_000);
    expect(texts()).toEqual(['m1: booting']);
    expect(ann.said).toBe('booting\nprivate\n');
  });

  it('takes a line over from nobody, and asks again a minute later', async () => {
    const { timers, recorder, set, say, texts, opened, refuse } = setting();
    refuse(consoleError('ConsoleInUse', 'a test', { retryable: true }));
    set(inPhase('m1', 'Commissioning'));
    recorder.start();
    await timers.advance(50_000);
    expect([opened, recorder.active()]).toEqual([['m1'], 0]);
    refuse(undefined);
    await timers.advance(20_000);
    say('m1', 'free\n');
    expect([opened, texts()]).toEqual([['m1', 'm1'], ['m1: free']]);
  });

  it('does not end a session that may be its own, when it was cut', async () => {
    const { timers, recorder, set, opened, held } = setting();
    set(inPhase('m1', 'Commissioning'));
    recorder.start();
    await timers.advance(0);
    held.get('m1')?.ended(powerError('BmcUnreachable', 'gone', { retryable: true }));
    await timers.advance(2_000);
    expect(opened).toEqual(['m1', 'm1']);
  });

  it('leaves a console alone that cannot be opened, until the machine is in another phase', async () => {
    const { timers, recorder, set, opened, refuse } = setting();
    refuse(powerError('BmcAuthenticationFailed', 'a test'));
    set(inPhase('m1', 'Commissioning'));
    set(inPhase('plain', 'Commissioning'));
    recorder.start();
    await timers.advance(600_000);
    expect(opened).toEqual(['m1']);
    set(inPhase('m1', 'Testing', '2026-01-01T00:05:00Z'));
    await timers.advance(0);
    expect(opened).toEqual(['m1', 'm1']);
  });

  it('listens to so many machines at once, and to the next when one is done', async () => {
    const { timers, recorder, set, held } = setting({ most: 2 });
    recorder.start();
    for (const name of ['m1', 'm2', 'm3', 'm4']) set(inPhase(name, 'Testing'));
    await timers.advance(0);
    expect([...held.keys()]).toEqual(['m1', 'm2']);
    set(inPhase('m3', 'Ready'));
    set(inPhase('m1', 'Ready'));
    await timers.advance(0);
    expect([...held.keys()]).toEqual(['m2', 'm4']);
  });

  it('makes room for who wants to look', async () => {
    const { timers, recorder, consoles, set, held } = setting({ limits: { machines: 1 } });
    set(inPhase('m1', 'Testing'));
    set(inPhase('m2', 'Deployed'));
    recorder.start();
    await timers.advance(0);
    expect([...held.keys()]).toEqual(['m1']);
    const seat = consoles.join('m2', aViewer());
    await timers.advance(0);
    expect([...held.keys()]).toEqual(['m2']);
    // While somebody looks it has no place: it does not send them away.
    await timers.advance(61_000);
    expect([...held.keys()]).toEqual(['m2']);
    if (typeof seat === 'string') throw new Error(seat);
    seat.leave();
    await timers.advance(61_000);
    expect([...held.keys()]).toEqual(['m1']);
  });

  it('has given a line back before somebody who comes at that moment gets it', async () => {
    const { timers, recorder, consoles, set, opened, closesWith } = setting();
    const closed = Promise.withResolvers<void>();
    closesWith(closed.promise);
    set(inPhase('m1', 'Deploying'));
    recorder.start();
    await timers.advance(0);
    set(inPhase('m1', 'Deployed'));
    const ann = aViewer();
    consoles.join('m1', ann);
    await timers.advance(1_000);
    expect([opened, ann.states.at(-1)]).toEqual([['m1'], 'Opening']);
    closed.resolve();
    await timers.advance(0);
    expect([opened, ann.states.at(-1)]).toEqual([['m1', 'm1'], 'Open']);
  });

  it('shows who comes to look what was said before, and leaves them the line', async () => {
    const { timers, recorder, consoles, set, say, held } = setting();
    set(inPhase('m1', 'Testing'));
    recorder.start();
    await timers.advance(0);
    say('m1', 'early\n');
    const ann = aViewer();
    const seat = consoles.join('m1', ann);
    recorder.stop();
    await timers.advance(0);
    expect([ann.said, ann.states.at(-1), held.size]).toEqual(['early\n', 'Open', 1]);
    if (typeof seat !== 'string') seat.leave();
    await timers.advance(300_000);
    expect([held.size, timers.pending()]).toEqual([0, 0]);
  });
});

describe('the rack that listens', () => {
  const reach = (rack: string, reaches: boolean) => ({ rack, reaches, since });
  const bmcReach = [reach('c', true), reach('b', true), reach('a', false)];
  const nearest = {
    power: { result: { rack: 'z', id: 'p', outcome: 'Succeeded' as const, startedAt: since } },
  };
  it.each([
    ['is the first by name that reaches the BMC', { bmcReach }, ['a', 'b', 'c'], 'b'],
    ['is the next one when that is silent', { bmcReach }, ['a', 'c'], 'c'],
    ['is the nearest where none is known to reach it', nearest, ['a', 'z'], 'z'],
    ['is none where the nearest is silent', nearest, ['a'], undefined],
    ['is none where nothing is known', {}, ['a'], undefined],
  ])('%s', (_sentence, status, live, rack) => {
    const machine = aMachine({ status });
    expect(listeningRack(machine, (name) => live.includes(name))).toBe(rack);
  });
});
