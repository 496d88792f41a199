import type { Socket } from 'node:dgram';
import { endianness } from 'node:os';
import koffi from 'koffi';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { macToBytes } from '../../domain/net/mac.ts';
import { CodedError } from '../../errors/coded-error.ts';
import { bound, plainSocket, udpSocketOf } from './dgram-socket.ts';
import type { NetErrorCode } from './errors.ts';
import type { LinkSender, SocketFactory, Udp4Options, UdpPeer, UdpSocket } from './sockets.ts';
import { udp4Packet } from './udp-frame.ts';

/*
 * The only file that calls the C library: a wrong signature here ends the process. Constants are those of Linux on
 * x86-64, arm64 and riscv64.
 */
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const littleEndian = endianness() === 'LE';

/** What the C library is asked for; results below 0 leave `errno`. */
interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  sendto(
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ): number;
  recvfrom(
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: Uint8Array,
  ): number;
  indexOf(device: string): number;
  ppoll(polled: Uint8Array, count: number, time: Uint8Array, mask: null): number;
  close(fd: number): number;
}

/** Datagrams taken in a row before the event loop has its turn. */
const mostInARow = 64;
const largestDatagram = 65_536;
/** In lockstep everything else stands still for so long at most, in ms. */
const longestRow = 2;
/** An answer is waited for so long, in nanoseconds. */
const answerNs = 200_000;
/** After so many vain waits in a row the client is not that near, and is only tried again after so many datagrams. */
const mostMisses = 4;
const pauseAfterMisses = 256;

/** Sockets bound to an interface and frames sent past ARP, by koffi. Throws where koffi or the C library cannot be loaded. */
export function createNativeSockets(): SocketFactory {
  const libc = loadLibc();
  const lockstep = { open: 0 };
  return {
    async openUdp4(options) {
      const fd = checked(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket', options);
      try {
        prepare(libc, fd, options);
      } catch (error) {
        libc.close(fd);
        throw error;
      }
      const socket = plainSocket(false);
      await bound(socket, () => socket.bind({ fd, exclusive: true }));
      return nativeSocket(libc, fd, socket, options, lockstep);
    },
    openLinkSender: ({ device }) => openLinkSender(libc, device),
  };
}

function loadLibc(): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    setsockopt: library.func(
      'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
    ),
    bind: library.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
    sendto: library.func(
      'intptr_t sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t addressLength)',
    ),
    recvfrom: library.func(
      'intptr_t recvfrom(int fd, uint8_t *data, size_t length, int flags, uint8_t *address, uint8_t *addressLength)',
    ),
    ppoll: library.func('int ppoll(uint8_t *polled, unsigned long count, const uint8_t *time, void *mask)'),
    indexOf: library.func('unsigned int if_nametoindex(const char *device)'),
    close: library.func('int close(int fd)'),
  };
}

/**
 * No SO_REUSEADDR: sockets on different devices do not meet, UDP has no lingering state, and with it a second server
 * on the same interface would take our packets without anybody being told.
 */
function prepare(libc: Libc, fd: number, options: Udp4Options): void {
  if (options.device !== undefined) {
    const name = new TextEncoder().encode(`${options.device}\0`);
    checked(
      libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length),
      'bind to the device',
      options,
    );
  }
  if (options.broadcast) {
    const one = nativeInt(1);
    checked(libc.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, one, one.length), 'allow broadcast', options);
  }
  const address = new Uint8Array(addressLength);
  writeAddress(address, ipv4ToNumber(options.address ?? '0.0.0.0') ?? 0, options.port);
  checked(libc.bind(fd, address, address.length), 'bind', options);
}

/**
 * Node waits for datagrams and takes the first one; the others that wait, and all that are posted, go past it: Node's own
 * way costs three times as much for each.
 */
function nativeSocket(
  libc: Libc,
  fd: number,
  socket: Socket,
  options: Udp4Options,
  lockstep: { open: number },
): UdpSocket {
  if (options.lockstep) lockstep.open += 1;
  const plain = udpSocketOf([socket], () => socket);
  const to = new Uint8Array(addressLength);
  const [buffer, from, fromLength] = [
    new Uint8Array(largestDatagram),
    new Uint8Array(addressLength),
    nativeInt(0),
  ];
  let receive: (data: Uint8Array, peer: UdpPeer) => void = () => {};
  const polled = pollFor(fd);
  let closed = false;
  let [misses, pause] = [0, 0];
  /** The last one's, for they come in rows. */
  const senderBytes = new Uint8Array(addressLength);
  let sender: UdpPeer | undefined;
  let receiver: UdpPeer | undefined;

  /** Hands over one datagram that is there; false when none is, or there is an error, which Node will meet too. */
  function takeOne(): boolean {
    fromLength.set(wholeAddress);
    const length = libc.recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT, from, fromLength);
    if (length < 0) return false;
    if (sender === undefined || !sameBytes(from, senderBytes)) {
      sender = readAddress(from);
      senderBytes.set(from);
    }
    receive(Buffer.from(buffer.subarray(0, length)), sender);
    return true;
  }

  function takeWaiting(): void {
    for (let taken = 0; taken < mostInARow && !closed && takeOne(); taken += 1);
  }

  /**
   * In lockstep each side waits for the other, and most of the time goes into the rounds of Node's event loop. An answer that
   * comes at once is waited for here instead. Not while there are several such sockets: they would wait one after another.
   */
  function takeAnswers(): void {
    if (lockstep.open > 1) return;
    if (pause > 0) {
      pause -= 1;
      return;
    }
    const end = performance.now() + longestRow;
    while (!closed && performance.now() < end) {
      const vain = libc.ppoll(polled, 1, answerTime, null) <= 0 || !takeOne();
      misses = vain ? misses + 1 : 0;
      if (misses >= mostMisses) [pause, misses] = [pauseAfterMisses, 0];
      if (vain) return;
    }
  }

  return {
    ...plain,
    onMessage(listener) {
      receive = listener;
      plain.onMessage((data, peer) => {
        listener(data, peer);
        if (options.bursts) takeWaiting();
        else if (options.lockstep) takeAnswers();
      });
    },
    post(data, peer, failed) {
      if (closed) return;
      if (peer !== receiver) writeAddress(to, ipv4ToNumber(peer.address) ?? 0, peer.port);
      receiver = peer;
      if (libc.sendto(fd, data, data.length, MSG_DONTWAIT, to, to.length) >= 0) return;
      // A full buffer is waited for.
      if (koffi.errno() === koffi.os.errno.EAGAIN) plain.post(data, peer, failed);
      else failed(failure(`send to ${peer.address}`, options));
    },
    async close() {
      if (options.lockstep && !closed) lockstep.open -= 1;
      closed = true;
      await plain.close();
    },
  };
}

/** `struct timespec` of `answerNs`, see ppoll(2). */
const answerTime = (() => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(littleEndian ? 8 : 12, answerNs, littleEndian);
  return bytes;
})();

/** `struct pollfd` that asks for something to read, see poll(2). */
function pollFor(fd: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, fd, littleEndian);
  view.setUint16(4, POLLIN, littleEndian);
  return bytes;
}

/** Bytes of `struct sockaddr_in`, see ip(7). */
const addressLength = 16;

const wholeAddress = nativeInt(addressLength);

function writeAddress(bytes: Uint8Array, address: number, port: number): void {
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, littleEndian);
  view.setUint16(2, port);
  view.setUint32(4, address);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  // Family, port and address; the rest is nothing.
  for (let at = 0; at < 8; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

function readAddress(bytes: Uint8Array): UdpPeer {
  const view = new DataView(bytes.buffer);
  return { address: ipv4FromNumber(view.getUint32(4)), port: view.getUint16(2) };
}

function openLinkSender(libc: Libc, device: string): LinkSender {
  // Protocol 0: this socket only sends, the kernel must not queue every frame of the interface for it.
  const fd = checked(libc.socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'open a packet socket', {
    device,
  });
  let closed = false;
  function transmit(etherType: number, mac: string, packet: Uint8Array): void {
    if (closed) return;
    // By name for every frame: an interface that was made anew has another index.
    const index = checked(libc.indexOf(device) || -1, 'find', { device });
    const address = linkAddress(index, etherType, mac);
    checked(libc.sendto(fd, packet, packet.length, 0, address, address.length), 'send a frame', { device });
  }
  return {
    send: ({ destinationMac, source, destination, data }) =>
      transmit(ETH_P_IP, destinationMac, udp4Packet(source, destination, data)),
    sendIpv6: (destinationMac, packet) => transmit(ETH_P_IPV6, destinationMac, packet),
    close() {
      if (!closed) libc.close(fd);
      closed = true;
    },
  };
}

/** `struct sockaddr_ll`, see packet(7). */
function linkAddress(index: number, etherType: number, mac: string): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, littleEndian);
  view.setUint16(2, etherType);
  view.setInt32(4, index, littleEndian);
  view.setUint8(11, 6);
  address.set(macToBytes(mac), 12);
  return address;
}

function nativeInt(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, littleEndian);
  return bytes;
}

function checked(result: number, doing: string, options: { device?: string; port?: number }): number {
  if (result >= 0) return result;
  throw failure(doing, options);
}

/** What `errno` says about the last call. */
function failure(doing: string, options: { device?: string; port?: number }): CodedError<NetErrorCode> {
  const { EADDRINUSE, ENODEV, ENXIO, EPERM, EACCES } = koffi.os.errno;
  const number = koffi.errno();
  const codes = new Map<number | undefined, NetErrorCode>([
    [EADDRINUSE, 'PortInUse'],
    [ENODEV, 'NoSuchDevice'],
    [ENXIO, 'NoSuchDevice'],
    [EPERM, 'NotPermitted'],
    [EACCES, 'NotPermitted'],
  ]);
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  const where = [options.device, options.port && `UDP port ${options.port}`].filter(Boolean).join(', ');
  const code = codes.get(number) ?? 'SocketFailed';
  return new CodedError(code, `cannot ${doing} (${where}): ${name}`, { retryable: code !== 'NotPermitted' });
}
