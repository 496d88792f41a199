import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { Change, Informer } from '../../kube/informer.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { silentLogger } from '../../log/logger.ts';
import type { HistoryRow } from '../../store/tables.ts';
import { createIngester } from './ingester.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

/** A machine in a phase since so many minutes before now. */
function inPhase(name: string, phase: 'Ready' | 'Deployed', minutes: number): KubeObject {
  const phaseSince = new Date(now - minutes * 60_000).toISOString();
  return aMachine({ name, status: { phase, phaseSince } });
}

/** Machines that can be changed, and a disk that takes rows when the test says so. */
function setting(machines: readonly KubeObject[]) {
  const rows: HistoryRow[] = [];
  const listeners: ((change: Change<KubeObject>) => void)[] = [];
  const waiting: (() => void)[] = [];
  const none = { onChange: () => () => undefined };
  const held: Pick<Informer<KubeObject>, 'onChange'> = {
    onChange(listener) {
      listeners.push(listener);
      for (const object of machines) listener({ type: 'Added', object });
      return () => listeners.splice(0);
    },
  };
  const empty: Pick<Informer<KubeObject>, 'onChange' | 'get'> = { ...none, get: () => undefined };
  const ingester = createIngester({
    sourceOf: (noun) => (noun === 'machines' ? { ...empty, ...held } : empty),
    events: none,
    record: (told) => rows.push(...told),
    onDisk: () => new Promise((resolve) => waiting.push(resolve)),
    log: silentLogger,
    clock: { now: () => now },
  });
  return {
    ingester,
    told: () => rows.map(({ table, row }) => (table === 'events' ? `${row.machine} ${row.reason}` : table)),
    change: (change: Change<KubeObject>) => {
      for (const listener of listeners) listener(change);
    },
    async writeToDisk() {
      for (const done of waiting.splice(0)) done();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('telling history of what is there', () => {
  it('goes a slice at a time, each on disk before the next', async () => {
    const { ingester, told, writeToDisk } = setting(
      Array.from({ length: 250 }, (_, number) => inPhase(`m${number}`, 'Ready', 5)),
    );
    ingester.start(undefined);
    expect(told()).toHaveLength(100);
    await writeToDisk();
    expect(told()).toHaveLength(200);
    await writeToDisk();
    expect(told()).toHaveLength(250);
    expect(new Set(told()).size).toBe(250);
  });

  it('ends when others have the turn', async () => {
    const { ingester, told, writeToDisk } = setting(
      Array.from({ length: 250 }, (_, number) => inPhase(`m${number}`, 'Ready', 5)),
    );
    ingester.start(undefined);
    ingester.stop();
    await writeToDisk();
    expect(told()).toHaveLength(100);
  });

  it('tells of an object that changes before its slice as it was, then of the change', async () => {
    const machines = Array.from({ length: 150 }, (_, number) => inPhase(`m${number}`, 'Ready', 5));
    const { ingester, told, change, writeToDisk } = setting(machines);
    ingester.start(undefined);
    const previous = machines[140];
    if (previous === undefined) throw new Error('there is no such machine');
    change({ type: 'Modified', object: inPhase('m140', 'Deployed', 1), previous });
    expect(told().slice(100)).toEqual(['m140 Ready', 'm140 Deployed']);
    await writeToDisk();
    expect(told().filter((each) => each.startsWith('m140 '))).toEqual(['m140 Ready', 'm140 Deployed']);
    expect(told()).toHaveLength(151);
  });

  it('leaves out what is older than somebody else has told already', () => {
    const { ingester, told } = setting([inPhase('old', 'Ready', 120), inPhase('young', 'Ready', 5)]);
    ingester.start(now - 3_600_000);
    expect(told()).toEqual(['young Ready']);
  });
});
