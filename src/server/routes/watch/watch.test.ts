import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../../test/fixtures/objects.ts';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import { systemTimers } from '../../../kube/timers.ts';
import { createHistory, type StreamEvent } from './history.ts';
import { createPack } from './pack.ts';
import { createEventStream, type StreamOptions } from './stream.ts';

const caller = { user: { username: 'u' }, tokenHash: 't' };
const event = (sequence: number, namespace?: string, noun = 'machines'): StreamEvent => ({
  sequence,
  noun,
  namespace,
  name: `m-${sequence}`,
  kind: 'modified',
  frame: `${sequence};`,
});

function streamTo(options: Partial<StreamOptions> = {}, pending = 0) {
  const written: string[] = [];
  const ended: string[] = [];
  const stream = createEventStream(
    {
      caller,
      view: { nouns: new Map([['machines', true]]), namespace: undefined },
      mayWatch: async () => false,
      limits: { events: 3, bytes: 100 },
      pack: createPack(),
      gatherMs: 0,
      timers: systemTimers,
      sink: {
        write: (piece) => written.push(Buffer.from(piece).toString()),
        pendingBytes: () => pending,
        end: () => ended.push('end'),
        destroy: () => ended.push('destroy'),
      },
      ...options,
    },
    () => ended.push('over'),
  );
  return { stream, written, ended };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('the history of changes', () => {
  const record = (history: ReturnType<typeof createHistory>, count: number) =>
    Array.from({ length: count }, (_, at) =>
      history.record('machines', { type: 'Added', object: aMachine({ name: `m-${at}` }) }),
    );
  const epochOf = (history: ReturnType<typeof createHistory>) => history.lastId().split('-')[0];

  it('gives what came after an id', () => {
    const history = createHistory({ events: 10, characters: 1e6 });
    record(history, 5);
    const sequences = (from: number) =>
      history.since(`${epochOf(history)}-${from}`)?.map(({ sequence }) => sequence);
    expect([sequences(0), sequences(3), sequences(5)]).toEqual([[1, 2, 3, 4, 5], [4, 5], []]);
  });

  it('knows nothing of what is too old, yet to come, or of another process', () => {
    const history = createHistory({ events: 3, characters: 1e6 });
    record(history, 5);
    const epoch = epochOf(history);
    expect(history.since(`${epoch}-2`)?.length).toBe(3);
    for (const id of [`${epoch}-1`, `${epoch}-6`, 'other-4', '', `${epoch}-x`, `${epoch}--1`]) {
      expect(history.since(id)).toBeUndefined();
    }
  });

  it('has a bound in characters', () => {
    const history = createHistory({ events: 1e6, characters: 2_000 });
    record(history, 5_000);
    const epoch = epochOf(history);
    expect(history.since(`${epoch}-4900`)).toBeUndefined();
    expect(history.since(`${epoch}-4999`)?.length).toBe(1);
  });
});

describe('a stream', () => {
  it('sends the first event at once, and what comes soon after it together', async () => {
    const timers = createManualTimers();
    const { stream, written } = streamTo({ timers, gatherMs: 20 });
    const atOnce: string[][] = [];
    for (const sequence of [1, 2, 3]) {
      stream.offer(event(sequence));
      await turns();
      atOnce.push([...written]);
    }
    expect(atOnce).toEqual([['1;'], ['1;'], ['1;']]);
    timers.advance(20);
    await turns();
    timers.advance(20);
    await turns();
    stream.offer(event(4));
    await turns();
    expect(written).toEqual(['1;', '2;3;', '4;']);
  });

  it('sends the events of one turn in one piece and in order', async () => {
    const { stream, written } = streamTo();
    for (const sequence of [1, 2, 3]) stream.offer(event(sequence));
    await turns();
    expect(written).toEqual(['1;2;3;']);
  });

  it('shares the bytes of the same events with all streams that send them', async () => {
    const pieces: (string | Uint8Array)[] = [];
    const sink = {
      write: (piece: string | Uint8Array) => pieces.push(piece),
      pendingBytes: () => 0,
      end: () => undefined,
      destroy: () => undefined,
    };
    const shared = { sink, pack: createPack() };
    const streams = [streamTo(shared), streamTo(shared), streamTo(shared)];
    for (const { stream } of streams.slice(0, 2)) for (const each of [1, 2]) stream.offer(event(each));
    streams[2]?.stream.offer(event(2));
    await turns();
    expect(pieces.map((piece) => Buffer.from(piece).toString())).toEqual(['1;2;', '1;2;', '2;']);
    expect(pieces[1]).toBe(pieces[0]);
  });

  it('sends nothing of other resources, nor of namespaces that may not be watched, and keeps the order', async () => {
    const view = { nouns: new Map([['allocations', new Map<string, boolean>()]]), namespace: undefined };
    const asked: string[] = [];
    const mayWatch = async (_noun: string, namespace: string) => {
      asked.push(namespace);
      await turns();
      return namespace === 'mine';
    };
    const { stream, written } = streamTo({ view, mayWatch, limits: { events: 10, bytes: 100 } });
    stream.offer(event(1));
    for (const [sequence, namespace] of [
      [2, 'mine'],
      [3, 'theirs'],
      [4, 'mine'],
    ] as const) {
      stream.offer(event(sequence, namespace, 'allocations'));
    }
    await expect.poll(() => written.join('')).toBe('2;4;');
    expect(asked).toEqual(['mine', 'theirs']);
  });

  it('ends with a reason when more waits than it holds', async () => {
    const { stream, written, ended } = streamTo();
    for (const sequence of [1, 2, 3, 4]) stream.offer(event(sequence));
    expect(written.join('')).toContain('"reason":"SlowClient"');
    expect([stream.isOpen(), ended]).toEqual([false, ['end', 'over']]);
    stream.offer(event(5));
    await turns();
    expect(written).toHaveLength(1);
  });

  it('ends with a reason when its client does not take the bytes', async () => {
    const { stream, written } = streamTo({}, 101);
    stream.offer(event(1));
    await turns();
    expect(written.join('')).toMatch(/^1;event: bye\ndata: .*SlowClient/);
  });

  it('breaks off when its rights cannot be asked about', async () => {
    const view = { nouns: new Map([['allocations', new Map<string, boolean>()]]), namespace: undefined };
    const { stream, ended } = streamTo({ view, mayWatch: () => Promise.reject(new Error('a test')) });
    stream.offer(event(1, 'a', 'allocations'));
    await turns();
    expect(ended).toEqual(['destroy', 'over']);
  });
});
