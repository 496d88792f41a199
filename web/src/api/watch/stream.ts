import { apiPath } from '../client.ts';
import { isSignedOut, readProblem } from '../problem.ts';
import { createEventParser, type ServerEvent } from './events.ts';

/** How a stream fares. `live`: what is shown is as the server knows it. */
export type StreamState = 'connecting' | 'live' | 'retrying' | 'signed-out';

export interface StreamPort {
  onEvent(event: ServerEvent): void;
  /** The server does not know what was missed: everything has to be listed anew. */
  onResync(): void;
  onState(state: StreamState): void;
  onSignedOut(): void;
}

/** The server sends something every ten seconds; a stream that is silent for longer is taken for dead. Milliseconds. */
const silenceMs = 30_000;
const shortestWaitMs = 500;
const longestWaitMs = 15_000;

/** How long to wait before the next try, in milliseconds. @param random 0 to 1: so that not all come back at once */
export function waitBefore(attempt: number, random: number): number {
  return Math.min(longestWaitMs, shortestWaitMs * 2 ** attempt) * (0.5 + random / 2);
}

/** Watches until `signal` says otherwise. After a break it goes on where it was, by the id of the last event. */
export async function watch(
  nouns: readonly string[],
  lastEventId: { value: string | undefined },
  port: StreamPort,
  signal: AbortSignal,
): Promise<void> {
  let attempt = 0;
  port.onState('connecting');
  while (!signal.aborted) {
    const before = lastEventId.value;
    try {
      await readOnce(nouns, lastEventId, port, signal);
      attempt = lastEventId.value === before ? attempt + 1 : 0;
    } catch (error) {
      if (signal.aborted) return;
      if (isSignedOut(error)) {
        port.onState('signed-out');
        port.onSignedOut();
        return;
      }
      attempt += 1;
    }
    if (signal.aborted) return;
    port.onState('retrying');
    await sleep(waitBefore(attempt, Math.random()), signal);
  }
}

async function readOnce(
  nouns: readonly string[],
  lastEventId: { value: string | undefined },
  port: StreamPort,
  signal: AbortSignal,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastEventId.value !== undefined) headers['last-event-id'] = lastEventId.value;
    const response = await fetch(apiPath('/watch', { resources: nouns.join(',') }), {
      headers,
      credentials: 'same-origin',
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) throw await readProblem(response);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) return;
    // A resumed stream is said nothing, when nothing was missed.
    if (lastEventId.value !== undefined) port.onState('live');
    const parse = createEventParser((event) => take(event, lastEventId, port));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      parse(value);
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function take(event: ServerEvent, lastEventId: { value: string | undefined }, port: StreamPort): void {
  if (event.id !== undefined) lastEventId.value = event.id;
  if (event.event === 'hello' || event.event === 'resync') {
    port.onResync();
    port.onState('live');
  } else if (event.event !== 'bye') {
    port.onEvent(event);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
