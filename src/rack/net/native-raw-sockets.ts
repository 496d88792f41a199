import { endianness } from 'node:os';
import koffi from 'koffi';
import { macFromBytes } from '../../domain/net/mac.ts';
import { CodedError } from '../../errors/coded-error.ts';
import { dhcpReplyFilter } from './dhcp-filter.ts';
import type { NetErrorCode } from './errors.ts';
import { decodeEchoReply, encodeEchoRequest } from './icmp.ts';
import type { DhcpTap, EchoSocket, RawSockets } from './raw-sockets.ts';
import { readUdp4 } from './udp-frame.ts';

/*
 * Beside native-sockets.ts the only file that calls the C library: raw sockets, which Node cannot wait on. They are
 * looked at from time to time and never wait themselves. Constants are those of Linux on x86-64, arm64 and riscv64.
 */
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_ICMP = 1;
const SOL_SOCKET = 1;
const SOL_RAW = 255;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
const ICMP_FILTER = 1;
const ETH_P_IP = 0x0800;
const littleEndian = endianness() === 'LE';
/** What a socket keeps that nobody looks at for a while. */
const receiveBuffer = 256 * 1024;
const largestFrame = 2048;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  attachFilter(
    fd: number,
    level: number,
    name: number,
    value: { len: number; filter: Uint8Array },
    length: number,
  ): number;
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
  close(fd: number): number;
}

/** Raw sockets by koffi. Throws where koffi or the C library cannot be loaded. */
export function createNativeRawSockets(): RawSockets {
  const libc = loadLibc();
  return {
    openEcho: ({ device }) => openEcho(libc, device),
    openDhcpTap: ({ device }) => openDhcpTap(libc, device),
  };
}

function loadLibc(): Libc {
  const library = koffi.load(null);
  // struct sock_fprog, see socket(7).
  const program = koffi.struct({ len: 'uint16_t', filter: 'const uint8_t *' });
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    setsockopt: library.func(
      'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
    ),
    attachFilter: library.func('setsockopt', 'int', [
      'int',
      'int',
      'int',
      koffi.pointer(program),
      'uint32_t',
    ]),
    bind: library.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
    sendto: library.func(
      'intptr_t sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t addressLength)',
    ),
    recvfrom: library.func(
      'intptr_t recvfrom(int fd, _Out_ uint8_t *data, size_t length, int flags, _Out_ uint8_t *address, _Inout_ uint8_t *addressLength)',
    ),
    indexOf: library.func('unsigned int if_nametoindex(const char *device)'),
    close: library.func('int close(int fd)'),
  };
}

function openEcho(libc: Libc, device: string | undefined): EchoSocket {
  const fd = checked(
    libc.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP),
    'open an ICMP socket',
    device,
  );
  return opened(libc, fd, () => {
    // A set bit is a type that is not wanted (raw(7)): the socket gets echo replies, type 0, alone.
    const others = nativeInt(-2);
    checked(libc.setsockopt(fd, SOL_RAW, ICMP_FILTER, others, 4), 'filter ICMP', device);
    if (device !== undefined) {
      const name = new TextEncoder().encode(`${device}\0`);
      checked(
        libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length),
        'bind to the device',
        device,
      );
    }
    const receiver = receiverOf(libc, fd);
    return {
      ask(address, identifier, sequence) {
        const peer = new Uint8Array(16);
        const view = new DataView(peer.buffer);
        view.setUint16(0, AF_INET, littleEndian);
        view.setUint32(4, address);
        const message = encodeEchoRequest(identifier, sequence);
        checked(
          libc.sendto(fd, message, message.length, 0, peer, peer.length),
          'send an echo request',
          device,
        );
      },
      next() {
        for (let frame = receiver.next(); frame !== undefined; frame = receiver.next()) {
          const reply = decodeEchoReply(frame.data);
          if (reply !== undefined) return reply;
        }
        return undefined;
      },
      close: () => receiver.close(),
    };
  });
}

function openDhcpTap(libc: Libc, device: string): DhcpTap {
  // Protocol 0: nothing comes in until the filter is there and the socket bound.
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = checked(libc.socket(AF_PACKET, type, 0), 'open a packet socket', device);
  return opened(libc, fd, () => {
    const filter = dhcpReplyFilter();
    const program = { len: filter.length / 8, filter };
    checked(libc.attachFilter(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, 16), 'attach a filter', device);
    checked(
      libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, nativeInt(receiveBuffer), 4),
      'size the buffer',
      device,
    );
    const index = checked(libc.indexOf(device) || -1, 'find', device);
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, littleEndian);
    view.setUint16(2, ETH_P_IP);
    view.setInt32(4, index, littleEndian);
    checked(libc.bind(fd, address, address.length), 'bind', device);
    const receiver = receiverOf(libc, fd);
    return {
      next() {
        for (let frame = receiver.next(); frame !== undefined; frame = receiver.next()) {
          const datagram = readUdp4(frame.data);
          // struct sockaddr_ll: the length of the hardware address at 11, the address from 12 on.
          if (datagram === undefined || frame.address[11] !== 6) continue;
          return { mac: macFromBytes(frame.address.subarray(12, 18)), ...datagram };
        }
        return undefined;
      },
      close: () => receiver.close(),
    };
  });
}

/** The receiving half of a socket. Once it is closed nothing is read: the kernel gives its number to others. */
function receiverOf(
  libc: Libc,
  fd: number,
): { next(): { data: Uint8Array; address: Uint8Array } | undefined; close(): void } {
  const buffer = new Uint8Array(largestFrame);
  let closed = false;
  return {
    next() {
      if (closed) return undefined;
      const address = new Uint8Array(20);
      const length = libc.recvfrom(fd, buffer, buffer.length, 0, address, nativeInt(address.length));
      return length < 0 ? undefined : { data: buffer.slice(0, length), address };
    },
    close() {
      if (!closed) libc.close(fd);
      closed = true;
    },
  };
}

function opened<T>(libc: Libc, fd: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function nativeInt(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, littleEndian);
  return bytes;
}

function checked(result: number, doing: string, device: string | undefined): number {
  if (result >= 0) return result;
  const { ENODEV, ENXIO, EPERM, EACCES } = koffi.os.errno;
  const number = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  const code: NetErrorCode =
    number === ENODEV || number === ENXIO
      ? 'NoSuchDevice'
      : number === EPERM || number === EACCES
        ? 'NotPermitted'
        : 'SocketFailed';
  throw new CodedError(code, `cannot ${doing} (${device ?? 'any interface'}): ${name}`, {
    retryable: code !== 'NotPermitted',
  });
}
