import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

/** A server that is asked: ours, or the API server of the cluster. */
export interface Target {
  url: string;
  headers: Record<string, string>;
  /** Certificates of both sides, where they are asked for. */
  tls?: SecureContextOptions;
}

/** One answer: the milliseconds from when it was due, so that waiting for earlier ones counts. */
export interface Answered {
  ms: number;
  status: number;
  bytes: number;
}

/** Asks for paths in turns, so many a second whatever the answers take, as people do who do not know of each other. */
export async function load(
  { url, headers, tls }: Target,
  paths: readonly string[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Answered[]> {
  const options = { keepAlive: true, maxSockets: 64 };
  const isSecure = url.startsWith('https:');
  const agent = isSecure ? new SecureAgent({ ...options, ...tls }) : new Agent(options);
  const ask = (path: string, due: number): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const send = isSecure ? secureRequest : request;
      const asked = send(`${url}${path}`, { headers, agent }, (response) => {
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
        });
        response.on('end', () =>
          resolve({ ms: performance.now() - due, status: response.statusCode ?? 0, bytes }),
        );
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
  const begin = performance.now();
  const answers: Promise<Answered>[] = [];
  for (let number = 0; number < perSecond * seconds; number += 1) {
    const due = begin + (number * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    answers.push(ask(paths[number % paths.length] ?? '', due));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  const failed = all.find(({ status }) => status !== 200);
  if (failed !== undefined) throw new Error(`${url} answered ${failed.status}`);
  return all;
}
