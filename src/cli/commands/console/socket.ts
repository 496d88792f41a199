import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { WebSocket } from 'ws';
import { CliError } from '../../errors.ts';
import type { RestAccess } from '../../server/connect.ts';
import { problemError, unreachable } from '../../server/problems.ts';

const handshakeMs = 60_000;
/** The server pings every 30 seconds; after so long without a word it is gone, in milliseconds. */
const silenceMs = 100_000;
const mostProblemBytes = 64 * 1024;

/**
 * Connects to a console of the REST API. The socket is paused: nothing that is said is lost until it is resumed.
 *
 * @param path with its query
 * @throws CliError what the server answers instead, or why nothing answers
 */
export function openSocket(access: RestAccess, path: string, signal: AbortSignal): Promise<WebSocket> {
  const { server, authorization, ca, proxy } = access;
  const address = `${server}${path}`;
  const socket = new WebSocket(address.replace(/^http/, 'ws'), {
    headers: { authorization },
    handshakeTimeout: handshakeMs,
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: 1024 * 1024,
    ...(ca === undefined ? {} : { ca }),
    ...(proxy === undefined ? {} : { agent: agentThrough(proxy, server) }),
  });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new CliError('interrupted', 'interrupted'));
      socket.terminate();
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('open', () => {
      signal.removeEventListener('abort', stop);
      socket.pause();
      noticeSilence(socket);
      resolve(socket);
    });
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        if (text.length < mostProblemBytes) text += chunk.toString();
      });
      response.on('close', () => {
        const { statusCode = 0, headers } = response;
        reject(problemError(server, statusCode, parsed(text), headers['retry-after'] !== undefined));
        socket.terminate();
      });
    });
    socket.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(unreachable(server, error));
    });
  });
}

function agentThrough(proxy: string, server: string): HttpAgent {
  return server.startsWith('https:')
    ? new HttpsAgent({ proxyEnv: { HTTPS_PROXY: proxy } })
    : new HttpAgent({ proxyEnv: { HTTP_PROXY: proxy } });
}

function noticeSilence(socket: WebSocket): void {
  const timer = setTimeout(() => socket.terminate(), silenceMs);
  const heard = (): void => void timer.refresh();
  socket.on('ping', heard);
  socket.on('message', heard);
  socket.on('close', () => clearTimeout(timer));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
