import type { Socket } from 'node:dgram';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { bound, plainSocket, udpSocketOf } from './dgram-socket.ts';
import {
  AF_INET,
  AF_PACKET,
  checked,
  ETH_P_IP,
  ETH_P_IPV6,
  type Libc,
  lastFailure,
  linkAddress,
  littleEndian,
  loadLibc,
  MSG_DONTWAIT,
  nativeInt,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  wouldWait,
} from './libc.ts';
import type { LinkSender, SocketFactory, Udp4Options, UdpPeer, UdpSocket } from './sockets.ts';
import { udp4Packet } from './udp-frame.ts';

/** Datagrams taken in a row before the event loop has its turn. */
const mostInARow = 64;
const largestDatagram = 65_536;
/** In lockstep everything else stands still for so long at most, in ms. */
const longestRow = 4;
/** An answer is waited for so long, in ms. */
const answerTime = 0.2;
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
   * Lets others run, among them a client on the same core, and looks again. Who sleeps here has to be woken for each datagram, which
   * costs more than all the rest.
   */
  function takeSoon(): boolean {
    const end = performance.now() + answerTime;
    do {
      libc.sched_yield();
      if (takeOne()) return true;
    } while (performance.now() < end);
    return false;
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
      const vain = !takeSoon();
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
      if (wouldWait()) plain.post(data, peer, failed);
      else failed(lastFailure(`send to ${peer.address}`, options));
    },
    async close() {
      if (options.lockstep && !closed) lockstep.open -= 1;
      closed = true;
      await plain.close();
    },
  };
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
