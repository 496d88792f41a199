import { messageOf } from '../../errors/coded-error.ts';
import { createRateLimit } from '../agent-api/rate-limit.ts';
import { listInterfaces } from '../net/interfaces.ts';
import type { UdpPeer, UdpSocket } from '../net/sockets.ts';
import { createAmplificationBudget, type Grant } from './budget.ts';
import { createKnownSources } from './known-sources.ts';
import { isProbe, virtualName } from './names.ts';
import { defaultLimits, negotiate } from './negotiate.ts';
import { toNetascii } from './netascii.ts';
import { decodeOrDrop, encodeError, type TftpPacket, tftpError } from './packet.ts';
import { interfaceMtu, isOnLink, largestBlock, type Place, placesOf } from './path-mtu.ts';
import type { TftpLimits, TftpRefusal, TftpServer, TftpServerDeps } from './ports.ts';
import { bytesOf, createSession, type Session } from './session.ts';
import { Transfer, type TransferStep } from './transfer.ts';

type Request = Extract<TftpPacket, { op: 'ReadRequest' | 'WriteRequest' }>;

/** A request with all that answering it takes. */
interface Accepted {
  name: string;
  peer: UdpPeer;
  place: Place;
  known: boolean;
  size: number;
  transfer: Transfer;
  first: TransferStep;
  grant: Grant;
}

/** A place among the transfers. `session` is undefined while its socket opens. */
interface Slot {
  /** What the client sent: the same once more is a repetition. */
  request: Uint8Array;
  known: boolean;
  session: Session | undefined;
}

/** What becomes of a request. Errors are not sent to whom they would be more than it paid for. */
type Verdict =
  | { kind: 'Serve'; name: string; content: Uint8Array; mode: 'octet' | 'netascii' }
  | { kind: 'Refuse'; reason: TftpRefusal; error?: { code: number; message: string } };

const tftpPort = 69;
/** A client that was heard of within this time is at work: a request of it is an echo of the network. */
const aliveMs = 1000;

/** A read-only TFTP server (RFC 1350, 2347, 2348, 2349, 7440) of virtual files; each transfer has its own port. */
export function createTftpServer(deps: TftpServerDeps): TftpServer {
  const { files, sockets, clock, log, finished, refused, interfaces = listInterfaces } = deps;
  const { mtu = interfaceMtu } = deps;
  const limits: TftpLimits = { ...defaultLimits, ...deps.limits };
  const budget = createAmplificationBudget(clock);
  const confirmed = createKnownSources(clock, limits.knownMs);
  const logRate = createRateLimit({ clock, windowMs: 60_000, perKey: 5, total: 100 });
  const listening = new Set<UdpSocket>();
  const slots = new Set<Slot>();
  /** The latest of each address and port. */
  const latest = new Map<string, Slot>();
  const perSource = new Map<string, number>();
  const netascii = new WeakMap<Uint8Array, Uint8Array>();
  let unknownSlots = 0;
  let closed = false;

  function receive(socket: UdpSocket, place: Place, data: Uint8Array, peer: UdpPeer): void {
    const packet = decodeOrDrop(data);
    // Anything but a request at this port gets no answer: two servers could be made to talk to each other for ever.
    if (packet?.op !== 'ReadRequest' && packet?.op !== 'WriteRequest') return;
    const running = latest.get(keyOf(peer));
    if (running !== undefined && isRepetition(running, data)) return;
    const known = confirmed.has(peer.address) || deps.known?.(peer.address) === true;
    const verdict = judge(packet, peer, known);
    const accepted =
      verdict.kind === 'Serve' ? prepare(verdict, packet, data.length, peer, place, known) : verdict;
    if ('reason' in accepted) refuse(accepted, packet, data.length, socket, peer);
    else take(accepted, data);
  }

  /**
   * The same request from the same port, when nothing was acknowledged: the answer was lost. Later it is an echo, or a machine
   * that was reset and uses the same port: it gets a transfer, and the one it has may go on, for nobody can tell which it is.
   */
  function isRepetition({ request, session }: Slot, data: Uint8Array): boolean {
    const same = Buffer.compare(request, data) === 0;
    if (session === undefined) return same;
    if (!same) session.end('Restarted');
    else if (!session.heard) session.repeated(data.length);
    return same && (!session.heard || clock.now() - session.lastHeard < aliveMs);
  }

  function judge({ op, name: asked, mode }: Request, { address }: UdpPeer, known: boolean): Verdict {
    if (op === 'WriteRequest') return refusal('ReadOnly', tftpError.accessViolation, 'read only');
    if (mode !== 'octet' && mode !== 'netascii') {
      return refusal('UnknownMode', tftpError.illegalOperation, 'unknown mode');
    }
    const name = virtualName(asked);
    const content = name === undefined ? undefined : files(name, { address });
    if (name === undefined || content === undefined) {
      return refusal('NoSuchFile', tftpError.fileNotFound, 'no such file');
    }
    return hasRoom(address, known)
      ? { kind: 'Serve', name, content, mode }
      : { kind: 'Refuse', reason: 'Busy' };
  }

  function hasRoom(address: string, known: boolean): boolean {
    const half = limits.transfers / 2;
    if (slots.size >= limits.transfers || (!known && unknownSlots >= half)) return false;
    return slots.size < half || (perSource.get(address) ?? 0) < limits.transfersPerSource;
  }

  function prepare(
    { name, content, mode }: Extract<Verdict, { kind: 'Serve' }>,
    { options }: Request,
    received: number,
    peer: UdpPeer,
    place: Place,
    known: boolean,
  ): Accepted | Extract<Verdict, { kind: 'Refuse' }> {
    const bytes = mode === 'octet' ? content : converted(content);
    const terms = negotiate(options, mode, bytes.length, limits, largestBlock(place, peer.address, mtu));
    const transfer = new Transfer(bytes, terms, limits);
    const first = transfer.start();
    const wanted = first.kind === 'Send' ? bytesOf(first.packets) : 0;
    const grant = budget.allow(peer.address, { received, wanted, known });
    if (grant === undefined) return { kind: 'Refuse', reason: 'Unproven' };
    return { name, peer, place, known, size: bytes.length, transfer, first, grant };
  }

  function converted(content: Uint8Array): Uint8Array {
    const text = netascii.get(content) ?? toNetascii(content);
    netascii.set(content, text);
    return text;
  }

  function take(accepted: Accepted, request: Uint8Array): void {
    const { peer, known, name } = accepted;
    const slot: Slot = { request, known, session: undefined };
    slots.add(slot);
    latest.set(keyOf(peer), slot);
    perSource.set(peer.address, (perSource.get(peer.address) ?? 0) + 1);
    if (!known) unknownSlots += 1;
    open(accepted, slot).catch((error: unknown) => {
      release(peer, slot);
      refused?.({ address: peer.address, reason: 'NoSocket' });
      if (!closed)
        log.error({ peer: peer.address, name, error: messageOf(error) }, 'no socket for a TFTP transfer');
    });
  }

  async function open(accepted: Accepted, slot: Slot): Promise<void> {
    const { peer, place, first, grant } = accepted;
    const { address, device } = place;
    // By the routing table to who is behind a router, from the address that was asked in any case.
    const bound = address === undefined || isOnLink(place, peer.address);
    const socket = await sockets.openUdp4({
      port: 0,
      lockstep: true,
      ...(address === undefined ? {} : { address }),
      ...(device === undefined || !bound ? {} : { device }),
    });
    if (closed) return socket.close();
    const session = createSession({
      ...accepted,
      socket,
      budget,
      limits,
      clock,
      log,
      confirmed: () => confirm(peer.address, slot),
      ended(transfer) {
        release(peer, slot);
        finished?.(transfer);
      },
    });
    slot.session = session;
    session.begin(first, grant);
  }

  function confirm(address: string, slot: Slot): void {
    confirmed.add(address);
    if (!slot.known) unknownSlots -= 1;
    slot.known = true;
  }

  function release(peer: UdpPeer, slot: Slot): void {
    if (!slots.delete(slot)) return;
    if (latest.get(keyOf(peer)) === slot) latest.delete(keyOf(peer));
    if (!slot.known) unknownSlots -= 1;
    const left = (perSource.get(peer.address) ?? 1) - 1;
    if (left > 0) perSource.set(peer.address, left);
    else perSource.delete(peer.address);
  }

  function refuse(
    { reason, error }: Extract<Verdict, { kind: 'Refuse' }>,
    { name: asked }: Request,
    received: number,
    socket: UdpSocket,
    peer: UdpPeer,
  ): void {
    refused?.({ address: peer.address, reason });
    const packet = error && encodeError(error.code, error.message);
    const known = false;
    if (packet && budget.allow(peer.address, { received, wanted: packet.length, known })) {
      socket.send(packet, peer).catch(() => {});
    }
    const name = asked.slice(0, 128);
    const quiet = reason === 'NoSuchFile' && isProbe(virtualName(asked) ?? '');
    const fields = { peer: peer.address, name, reason };
    if (!quiet && logRate.take(peer.address)) log.info(fields, 'TFTP request refused');
    else log.debug(fields, 'TFTP request refused');
  }

  return {
    async listen({ address, device, port = tftpPort }) {
      const where = {
        ...(address === undefined ? {} : { address }),
        ...(device === undefined ? {} : { device }),
      };
      for (const place of placesOf(where, interfaces)) {
        const { cidr: _, ...at } = place;
        const socket = await sockets.openUdp4({ ...at, port });
        listening.add(socket);
        socket.onMessage((data, peer) => receive(socket, place, data, peer));
        socket.onError((error) => log.warn({ ...at, error: error.message }, 'TFTP socket error'));
        log.info({ ...at, port: socket.port }, 'serving TFTP');
      }
    },
    async close() {
      closed = true;
      for (const { session } of [...slots]) session?.end('Closed');
      const all = [...listening];
      listening.clear();
      await Promise.all(all.map((socket) => socket.close()));
    },
  };
}

function refusal(reason: TftpRefusal, code: number, message: string): Verdict {
  return { kind: 'Refuse', reason, error: { code, message } };
}

function keyOf(peer: UdpPeer): string {
  return `${peer.address}:${peer.port}`;
}
