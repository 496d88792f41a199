import { Agent, request } from 'node:http';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/*
 * Clients of event streams, in a thread of their own so that they do not wait for whoever makes the events. Each counts what it
 * gets, and remembers when it saw the marks that it is told to look for.
 */

interface Order {
  url: string;
  /** Used in turns. */
  tokens: readonly string[];
  clients: number;
}

/** What all clients have seen so far. */
export interface Seen {
  open: number;
  /** Events of each client. */
  events: number[];
  bytes: number;
  /** Streams that the server has ended, and why. */
  ended: string[];
  /** When the first client saw an event that contains a mark, on the clock of `performance.timeOrigin`. */
  marks: Record<string, number>;
}

export interface Streams {
  seen(): Promise<Seen>;
  stop(): Promise<void>;
}

/** @param url with the query of the stream */
export function openStreams(order: Order): Streams {
  const worker = new Worker(new URL(import.meta.url), { workerData: order });
  return {
    seen: () =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.postMessage('seen');
      }),
    async stop() {
      await worker.terminate();
    },
  };
}

const marker = /"bench":"(\d+)"/g;

function run({ url, tokens, clients }: Order): void {
  const seen: Seen = {
    open: 0,
    events: Array.from({ length: clients }, () => 0),
    bytes: 0,
    ended: [],
    marks: {},
  };
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  for (let client = 0; client < clients; client += 1) {
    request(
      url,
      { agent, headers: { authorization: `Bearer ${tokens[client % tokens.length]}` } },
      (response) => {
        if (response.statusCode !== 200) seen.ended.push(`status ${response.statusCode}`);
        else seen.open += 1;
        response.on('data', (piece: Buffer) => take(seen, client, piece));
        response.on('close', () => seen.ended.push('closed'));
      },
    )
      .on('error', (error) => seen.ended.push(error.message))
      .end();
  }
  parentPort?.on('message', () => parentPort?.postMessage(seen));
}

const modified = Buffer.from('\nevent: modified\n');
/** Ends of pieces that may be the beginning of what is counted, by client. */
const tails: Buffer[] = [];

function take(seen: Seen, client: number, received: Buffer): void {
  seen.bytes += received.length;
  const tail = tails[client] ?? Buffer.alloc(0);
  const edge = Buffer.concat([tail, received.subarray(0, modified.length - 1)]);
  seen.events[client] = (seen.events[client] ?? 0) + countIn(edge) + countIn(received);
  tails[client] = Buffer.from(
    (received.length < modified.length ? edge : received).subarray(1 - modified.length),
  );
  if (client !== 0) return;
  const now = performance.timeOrigin + performance.now();
  for (const [, mark = ''] of received.toString('latin1').matchAll(marker)) seen.marks[mark] ??= now;
  if (received.includes('event: bye')) seen.ended.push(received.toString().slice(-200));
}

function countIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(modified); at >= 0; at = bytes.indexOf(modified, at + 1)) count += 1;
  return count;
}

if (parentPort !== null) run(workerData);
