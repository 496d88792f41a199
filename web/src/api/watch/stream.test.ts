import { afterEach, describe, expect, it, vi } from 'vitest';
import { type StreamState, waitBefore, watch } from './stream.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Answers of the server, one for each time it is asked; then silence. */
function serve(...answers: (() => Response)[]) {
  const asked: (string | null)[] = [];
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get('last-event-id'));
    const answer = answers.shift();
    if (answer !== undefined) return answer();
    return new Promise<Response>((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  });
  return asked;
}

const events = (text: string) => () => new Response(text);

function run() {
  const told: string[] = [];
  const states: StreamState[] = [];
  const stop = new AbortController();
  const done = watch(
    ['machines'],
    { value: undefined },
    {
      onEvent: ({ event, data }) => told.push(`${event} ${data}`),
      onResync: () => told.push('resync'),
      onState: (state) => states.push(state),
      onSignedOut: () => told.push('signed out'),
    },
    stop.signal,
  );
  return { told, states, stop: () => stop.abort(), done };
}

describe('the stream', () => {
  it('lists after hello, tells of changes, and goes on after a break where it was', async () => {
    vi.useFakeTimers();
    const asked = serve(
      events('id: e-1\nevent: hello\ndata: {}\n\nid: e-2\nevent: added\ndata: 1\n\n'),
      events('id: e-3\nevent: modified\ndata: 2\n\n'),
    );
    const { told, states, stop, done } = run();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual(['resync', 'added 1', 'modified 2']);
    expect(asked.slice(0, 3)).toEqual([null, 'e-2', 'e-3']);
    expect(states).toContain('retrying');
    stop();
    await done;
  });

  it('lists anew when the server does not know what was missed', async () => {
    vi.useFakeTimers();
    serve(events('id: e-1\nevent: hello\ndata: {}\n\n'), events('id: f-9\nevent: resync\ndata: {}\n\n'));
    const { told, stop, done } = run();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(told).toEqual(['resync', 'resync']);
    stop();
    await done;
  });

  it('ends when nobody is signed in', async () => {
    serve(() => new Response('', { status: 401 }));
    const { told, states, done } = run();
    await done;
    expect(told).toEqual(['signed out']);
    expect(states.at(-1)).toBe('signed-out');
  });

  it('takes a silent stream for dead', async () => {
    vi.useFakeTimers();
    const asked = serve();
    const { stop, done } = run();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBeGreaterThan(1);
    stop();
    await done;
  });
});

describe('the wait before another try', () => {
  it('doubles, up to a bound', () => {
    expect(waitBefore(0, 1)).toBe(500);
    expect(waitBefore(3, 1)).toBe(4_000);
    expect(waitBefore(50, 1)).toBe(15_000);
    expect(waitBefore(50, 0)).toBe(7_500);
  });
});
