import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { onBehalfHeader } from '../../../api/console/messages.ts';
import { messageOf } from '../../../errors/coded-error.ts';

/** How the server is known to racks. */
export interface RackAccess {
  /** The server's own bearer token, read anew each time. Undefined: it has none, and the caller's is passed on. */
  token(): Promise<string | undefined>;
  /** PEM: who signs the certificates of racks. Undefined: those whom Node trusts. */
  ca?: Buffer | undefined;
  /** The name in the certificates of racks, where that is not the address. */
  serverName?: string | undefined;
}

export interface UpstreamOptions {
  url: URL;
  token: string;
  /** For whom; undefined: for whom the token is. */
  user: string | undefined;
  ca: Buffer | undefined;
  serverName: string | undefined;
}

/** A console at a rack that has said its first word, or why there is none. */
export type Upstream =
  | { kind: 'Open'; socket: WebSocket }
  | { kind: 'Refused'; status: number; text: string }
  | { kind: 'Unreachable'; why: string };

const handshakeMs = 8_000;

/** Connects. The socket is paused: nothing that the rack says is lost. Never rejects. */
export function openUpstream({ url, token, user, ca, serverName }: UpstreamOptions): Promise<Upstream> {
  const socket = new WebSocket(url, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(user === undefined ? {} : { [onBehalfHeader]: encodeURIComponent(user) }),
    },
    handshakeTimeout: handshakeMs,
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: 1024 * 1024,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.pause();
      resolve({ kind: 'Open', socket });
    });
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text = (text + chunk.toString()).slice(0, 512);
      });
      response.on('close', () => {
        socket.terminate();
        resolve({ kind: 'Refused', status: response.statusCode ?? 0, text: text.trim() });
      });
    });
    socket.on('error', (error) => {
      socket.terminate();
      resolve({ kind: 'Unreachable', why: messageOf(error) });
    });
  });
}
