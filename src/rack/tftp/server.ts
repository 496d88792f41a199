import { messageOf } from '../../errors/coded-error.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import type { UdpPeer, UdpSocket } from '../net/sockets.ts';
import { defaultLimits, negotiate } from './negotiate.ts';
import { toNetascii } from './netascii.ts';
import { decodeTftp, encodeError, type TftpPacket, tftpError } from './packet.ts';
import type { TftpLimits, TftpServer, TftpServerDeps } from './ports.ts';
import { Transfer, type TransferStep } from './transfer.ts';

/** Where the server listens. */
interface Place {
  address?: string;
  device?: string;
}

/** A request that is being answered. */
interface Running {
  name: string;
  peer: UdpPeer;
  size: number;
  started: number;
  transfer: Transfer;
  socket: UdpSocket;
  timer: NodeJS.Timeout | undefined;
}

/** What becomes of a request. */
type Verdict =
  | { kind: 'Serve'; content: Uint8Array; mode: 'octet' | 'netascii' }
  | { kind: 'Refuse'; code: number; message: string };

type Request = Extract<TftpPacket, { op: 'ReadRequest' | 'WriteRequest' }>;

const tftpPort = 69;

/** A read-only TFTP server (RFC 1350, 2347, 2348, 2349, 7440) of virtual files; each transfer has its own port. */
export function createTftpServer(deps: TftpServerDeps): TftpServer {
  const { files, sockets, clock, log, finished } = deps;
  const limits: TftpLimits = { ...defaultLimits, ...deps.limits };
  const open = new Set<UdpSocket>();
  /** By the client's address and port: a repeated request starts nothing anew. Undefined while its socket opens. */
  const running = new Map<string, Running | undefined>();
  const perSource = new Map<string, number>();
  let closed = false;

  function request(socket: UdpSocket, place: Place, data: Uint8Array, peer: UdpPeer): void {
    const packet = decodeOrDrop(data);
    // Anything but a request at this port gets no answer: two servers could be made to talk to each other for ever.
    if (packet?.op !== 'ReadRequest' && packet?.op !== 'WriteRequest') return;
    if (running.has(keyOf(peer))) return;
    const verdict = admit(packet, peer);
    if (verdict.kind === 'Refuse') {
      log.info({ peer: peer.address, name: packet.name, reason: verdict.message }, 'TFTP request refused');
      send(socket, [encodeError(verdict.code, verdict.message)], peer);
      return;
    }
    perSource.set(peer.address, (perSource.get(peer.address) ?? 0) + 1);
    running.set(keyOf(peer), undefined);
    begin(place, packet, peer, verdict).catch((error: unknown) => {
      log.error({ peer: peer.address, name: packet.name, error: messageOf(error) }, 'TFTP transfer failed');
      forget(peer);
    });
  }

  function admit({ op, name, mode }: Request, { address }: UdpPeer): Verdict {
    if (op === 'WriteRequest') return refuse(tftpError.accessViolation, 'read only');
    if (mode !== 'octet' && mode !== 'netascii') return refuse(tftpError.illegalOperation, 'unknown mode');
    const sources = perSource.get(address) ?? 0;
    if (running.size >= limits.transfers || sources >= limits.transfersPerSource) {
      return refuse(tftpError.notDefined, 'too many transfers, try again');
    }
    const content = files(name, { address });
    if (content === undefined) return refuse(tftpError.fileNotFound, 'no such file');
    return { kind: 'Serve', mode, content: mode === 'octet' ? content : toNetascii(content) };
  }

  async function begin(
    place: Place,
    { name, options }: Request,
    peer: UdpPeer,
    { content, mode }: Extract<Verdict, { kind: 'Serve' }>,
  ): Promise<void> {
    const terms = negotiate(options, mode, content.length, limits);
    const socket = await sockets.openUdp4({ ...place, port: 0 });
    if (closed) return socket.close();
    open.add(socket);
    const current: Running = {
      name,
      peer,
      size: content.length,
      started: clock.now(),
      transfer: new Transfer(content, terms, limits),
      socket,
      timer: undefined,
    };
    running.set(keyOf(peer), current);
    socket.onMessage((data, from) => answer(current, data, from));
    socket.onError((error) => end(current, false, error.message));
    step(current, current.transfer.start());
  }

  function answer(current: Running, data: Uint8Array, from: UdpPeer): void {
    const packet = decodeOrDrop(data);
    if (packet === undefined) return;
    if (from.address !== current.peer.address || from.port !== current.peer.port) {
      // RFC 1350, 4: the stranger is told, the transfer goes on. An ERROR is never answered.
      if (packet.op !== 'Error') {
        send(current.socket, [encodeError(tftpError.unknownTransferId, 'unknown transfer ID')], from);
      }
      return;
    }
    if (packet.op === 'Ack') step(current, current.transfer.acknowledge(packet.block));
    else if (packet.op === 'Error') end(current, false, `the client says: ${packet.message}`);
  }

  function step(current: Running, next: TransferStep): void {
    if (next.kind === 'Done') end(current, true, undefined);
    if (next.kind === 'GiveUp') end(current, false, 'no answer');
    if (next.kind !== 'Send') return;
    clearTimeout(current.timer);
    current.timer = setTimeout(() => step(current, current.transfer.timeout()), next.timeoutMs);
    send(current.socket, next.packets, current.peer);
  }

  function end(current: Running, ok: boolean, reason: string | undefined): void {
    if (!open.delete(current.socket)) return;
    clearTimeout(current.timer);
    forget(current.peer);
    void current.socket.close();
    const { name, size: bytes, peer } = current;
    const fields = { name, peer: peer.address, bytes, ms: clock.now() - current.started, ok, reason };
    log.info(fields, 'TFTP transfer ended');
    finished?.({ name, address: peer.address, bytes, ok });
  }

  function forget(peer: UdpPeer): void {
    running.delete(keyOf(peer));
    const left = (perSource.get(peer.address) ?? 1) - 1;
    if (left > 0) perSource.set(peer.address, left);
    else perSource.delete(peer.address);
  }

  /** A datagram that the kernel does not take is like one that was lost: the timer sees to it. */
  function send(socket: UdpSocket, packets: readonly Uint8Array[], to: UdpPeer): void {
    for (const packet of packets) {
      socket
        .send(packet, to)
        .catch((error: unknown) => log.debug({ to, error: messageOf(error) }, 'TFTP packet not sent'));
    }
  }

  return {
    async listen({ address, device, port = tftpPort }) {
      const place: Place = {
        ...(address === undefined ? {} : { address }),
        ...(device === undefined ? {} : { device }),
      };
      const socket = await sockets.openUdp4({ ...place, port });
      open.add(socket);
      socket.onMessage((data, peer) => request(socket, place, data, peer));
      socket.onError((error) => log.warn({ ...place, error: error.message }, 'TFTP socket error'));
      log.info({ ...place, port: socket.port }, 'serving TFTP');
    },
    async close() {
      closed = true;
      for (const current of running.values()) clearTimeout(current?.timer);
      const all = [...open];
      open.clear();
      running.clear();
      perSource.clear();
      await Promise.all(all.map((socket) => socket.close()));
    },
  };
}

function decodeOrDrop(data: Uint8Array): TftpPacket | undefined {
  try {
    return decodeTftp(data);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function refuse(code: number, message: string): Verdict {
  return { kind: 'Refuse', code, message };
}

function keyOf(peer: UdpPeer): string {
  return `${peer.address}:${peer.port}`;
}
