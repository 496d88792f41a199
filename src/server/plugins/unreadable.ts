import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ServerErrorCode, serverError, serverErrors } from '../errors.ts';
import { problemMediaType, problemOf } from '../problem.ts';
import { requestIdOf, securityHeaders } from './headers.ts';

/** What Node says of a request whose head it cannot read. */
const codes: Readonly<Record<string, ServerErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'RequestTimeout',
  HPE_HEADER_OVERFLOW: 'HeadersTooLarge',
};

const details: Partial<Record<ServerErrorCode, string>> = {
  RequestTimeout: 'the request did not come as a whole in time',
  HeadersTooLarge: 'path, query and headers together are larger than this server takes',
};

/** Answers, as a problem, what never becomes a request; the connection ends. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  const code = codes[error.code ?? ''] ?? 'BadRequest';
  const { status } = serverErrors[code];
  const requestId = requestIdOf({});
  const problem = problemOf(serverError(code, details[code] ?? 'this is not HTTP'), requestId);
  const body = JSON.stringify(problem);
  const headers = {
    ...securityHeaders,
    'content-type': problemMediaType,
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
}
