import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import {
  type ConsoleKind,
  ConsoleKind as ConsoleKindSchema,
  ConsoleRequest,
  consoleCloseCodes,
  onBehalfHeader,
} from '../../api/console/messages.ts';
import { group } from '../../api/meta.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Caller, CallerReview } from '../../kube/endpoint/caller-review.ts';
import type { Logger } from '../../log/logger.ts';
import type { Consoles } from './consoles.ts';
import type { Seat } from './room.ts';

export interface ConsoleSocketsDeps {
  consoles: Consoles;
  review: CallerReview;
  log: Logger;
}

/** `GET /console/{machine}` of the admin endpoint, as a WebSocket. */
export interface ConsoleSockets {
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says goodbye to all viewers. */
  stop(): void;
}

const limits = {
  /** Of one message of a viewer: a paste comes in many. */
  messageBytes: 256 * 1024,
  /** Bytes that a viewer has not taken yet. */
  unsentBytes: 4 * 1024 * 1024,
  pingMs: 30_000,
  /** For the goodbye of viewers. */
  farewellMs: 2_000,
} as const;

interface Refusal {
  status: number;
  text: string;
}

/** Who may, is asked of the API server: `create` on `machines/console`, of this machine. */
export function createConsoleSockets({ consoles, review, log }: ConsoleSocketsDeps): ConsoleSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
  });

  /** Whom the console is for: the caller, or the user on whose behalf a caller who may impersonate them asks. */
  async function userOf(caller: Caller, behalf: string | undefined): Promise<string | Refusal> {
    if (behalf === undefined) return caller.user.username;
    const name = decodeName(behalf);
    if (name === undefined) return { status: 400, text: `${onBehalfHeader}: not a name` };
    const attributes = { verb: 'impersonate', group: '', resource: 'users', name };
    const verdict = await review.mayDo(caller, attributes);
    return verdict === 'Allowed' ? name : refusals[verdict];
  }

  async function admit(message: IncomingMessage, machine: string): Promise<string | Refusal> {
    const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,16384})$/i.exec(message.headers.authorization ?? '')?.[1];
    if (token === undefined) return refusals.Unauthenticated;
    const identity = await review.identify(token);
    if (identity.kind !== 'Known') return refusals[identity.kind];
    const right = { verb: 'create', group, resource: 'machines', subresource: 'console', name: machine };
    const verdict = await review.mayDo(identity.caller, right);
    if (verdict !== 'Allowed') return refusals[verdict];
    const behalf = message.headers[onBehalfHeader];
    return userOf(identity.caller, typeof behalf === 'string' ? behalf : undefined);
  }

  async function serve(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const asked = parse(message.url ?? '/');
    if (asked === undefined) return refuse(socket, { status: 404, text: 'not found' });
    const admitted = await admit(message, asked.machine);
    if (typeof admitted !== 'string') return refuse(socket, admitted);
    if (asked.problem !== undefined) return refuse(socket, { status: 400, text: asked.problem });
    if (socket.destroyed) return;
    server.handleUpgrade(message, socket, head, (peer) => seat(peer, asked, admitted));
  }

  function seat(peer: WebSocket, { machine, watches, kind }: Asked, user: string): void {
    peer.on('error', () => peer.terminate());
    const joined = consoles.join(
      machine,
      {
        user,
        watches,
        news: (news) => peer.send(JSON.stringify(news)),
        data(data) {
          if (peer.bufferedAmount > limits.unsentBytes) peer.close(consoleCloseCodes.tooSlow, 'too slow');
          else peer.send(data);
        },
        drained: () => peer.resume(),
      },
      kind,
    );
    if (typeof joined === 'string') {
      const code = joined === 'Full' ? consoleCloseCodes.full : consoleCloseCodes.gone;
      peer.close(code, joined === 'Full' ? 'too many viewers' : 'there is no such console');
      return;
    }
    listen(peer, joined);
  }

  function listen(peer: WebSocket, seat: Seat): void {
    let answered = true;
    const ping = setInterval(() => {
      if (!answered) return peer.terminate();
      answered = false;
      peer.ping();
    }, limits.pingMs);
    peer.on('pong', () => {
      answered = true;
    });
    peer.on('message', (data, isBinary) => {
      if (isBinary) {
        if (!seat.input(bytesOf(data))) peer.pause();
        return;
      }
      const request = parseRequest(bytesOf(data).toString());
      if (request === undefined) peer.close(1008, 'not a request');
      else seat.request(request);
    });
    peer.on('close', () => {
      clearInterval(ping);
      seat.leave();
    });
  }

  return {
    upgrade(message, socket, head) {
      socket.on('error', () => socket.destroy());
      serve(message, socket, head).catch((error: unknown) => {
        log.error({ error: messageOf(error) }, 'a console failed');
        refuse(socket, { status: 500, text: 'failed' });
      });
    },
    stop() {
      for (const peer of server.clients) peer.close(1001, 'the rack ends');
      server.close();
      setTimeout(() => {
        for (const peer of server.clients) peer.terminate();
      }, limits.farewellMs).unref();
    },
  };
}

interface Asked {
  machine: string;
  watches: boolean;
  kind: ConsoleKind | undefined;
  problem?: string;
}

function parse(target: string): Asked | undefined {
  if (!URL.canParse(target, 'http://endpoint')) return undefined;
  const { pathname, searchParams } = new URL(target, 'http://endpoint');
  const machine = /^\/console\/([a-z0-9][a-z0-9.-]{0,252})$/.exec(pathname)?.[1];
  if (machine === undefined) return undefined;
  const kind = ConsoleKindSchema.optional().safeParse(searchParams.get('kind') ?? undefined);
  return {
    machine,
    watches: searchParams.get('watch') === 'true',
    kind: kind.data,
    ...(kind.success ? {} : { problem: `kind: one of ${ConsoleKindSchema.options.join(', ')}` }),
  };
}

const refusals: Record<'Unauthenticated' | 'Forbidden' | 'Unknown', Refusal> = {
  Unauthenticated: { status: 401, text: 'a bearer token that the API server knows is needed' },
  Forbidden: {
    status: 403,
    text: 'a role with the verb create on machines/console of metalwright.dev is needed',
  },
  Unknown: { status: 503, text: 'the API server cannot be asked who you are' },
};

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, { status, text }: Refusal): void {
  if (socket.destroyed) return;
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\n\r\n${body}`,
  );
}

/** Percent-encoded in the header: names may have any character. */
function decodeName(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return name === '' || name.length > 512 ? undefined : name;
  } catch {
    return undefined;
  }
}

function parseRequest(text: string): ConsoleRequest | undefined {
  try {
    return ConsoleRequest.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
