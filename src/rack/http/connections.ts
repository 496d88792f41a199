import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpObserver } from './observe.ts';
import { type ProblemCode, problems } from './problems.ts';

/** Bounds on connections, whatever is said on them. */
export interface ConnectionLimits {
  connections: number;
  connectionsPerAddress: number;
}

/** Cuts connections above the limits, and those on which no request comes. */
export function guardConnections(server: Server, limits: ConnectionLimits, observer: HttpObserver): void {
  const perAddress = new Map<string, number>();
  server.maxConnections = limits.connections;
  server.on('drop', () => observer.refused?.('TooMany'));
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (perAddress.get(address) ?? 0) + 1;
    if (count > limits.connectionsPerAddress) {
      observer.refused?.('TooManyOfAddress');
      socket.destroy();
      return;
    }
    perAddress.set(address, count);
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const code = rawProblem(error.code);
    observer.refused?.(code === 'RequestTimeout' ? 'TooSlow' : 'Malformed');
    refuseRaw(error, code, socket);
  });
  server.on('tlsClientError', (_error: Error, socket: Duplex) => {
    observer.refused?.('TlsFailed');
    socket.destroy();
  });
}

/** What the parser could not take for a request; nothing of it is repeated or logged. */
function refuseRaw(error: NodeJS.ErrnoException, code: ProblemCode, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, title } = problems[code];
  const head = `HTTP/1.1 ${status} ${title}\r\nContent-Type: text/plain\r\nConnection: close\r\n`;
  socket.end(`${head}Content-Length: ${title.length + 1}\r\n\r\n${title}\n`);
}

function rawProblem(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HeadersTooLarge';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'RequestTimeout' : 'BadRequest';
}
