import { endianness } from 'node:os';
import koffi from 'koffi';
import { macToBytes } from '../../domain/net/mac.ts';
import { CodedError } from '../../errors/coded-error.ts';
import type { NetErrorCode } from './errors.ts';

/*
 * Sockets by the C library: a wrong signature here ends the process. Constants are those of Linux on
 * x86-64, arm64 and riscv64.
 */
export const AF_INET = 2;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const IPPROTO_ICMP = 1;
export const SOL_SOCKET = 1;
export const SOL_RAW = 255;
export const SO_BROADCAST = 6;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const ICMP_FILTER = 1;
export const MSG_DONTWAIT = 0x40;
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;
/** The order of bytes in the numbers that the kernel takes. */
export const littleEndian = endianness() === 'LE';

/** What the C library is asked for; results below 0 leave `errno`. Arrays are written in place. */
export interface Libc {
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
  sched_yield(): number;
  close(fd: number): number;
}

/** The C library of this process. Throws where koffi or the library cannot be loaded. */
export function loadLibc(): Libc {
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
      'intptr_t recvfrom(int fd, uint8_t *data, size_t length, int flags, uint8_t *address, uint8_t *addressLength)',
    ),
    sched_yield: library.func('int sched_yield()'),
    indexOf: library.func('unsigned int if_nametoindex(const char *device)'),
    close: library.func('int close(int fd)'),
  };
}

/** A C `int`. */
export function nativeInt(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, littleEndian);
  return bytes;
}

/** `struct sockaddr_ll`, see packet(7). @param mac whom a frame is for; not to be given where the frame says so, or to bind */
export function linkAddress(index: number, etherType: number, mac?: string): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, littleEndian);
  view.setUint16(2, etherType);
  view.setInt32(4, index, littleEndian);
  if (mac !== undefined) {
    view.setUint8(11, 6);
    address.set(macToBytes(mac), 12);
  }
  return address;
}

/** What `errno` says about the last call. */
export function lastFailure(
  doing: string,
  options: { device?: string | undefined; port?: number },
): CodedError<NetErrorCode> {
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
  const where = [options.device ?? 'any interface', options.port && `UDP port ${options.port}`]
    .filter(Boolean)
    .join(', ');
  const code = codes.get(number) ?? 'SocketFailed';
  return new CodedError(code, `cannot ${doing} (${where}): ${name}`, { retryable: code !== 'NotPermitted' });
}

/** The result of a call. @throws CodedError<NetErrorCode> when it failed. */
export function checked(
  result: number,
  doing: string,
  options: { device?: string | undefined; port?: number },
): number {
  if (result >= 0) return result;
  throw lastFailure(doing, options);
}

/** Whether the last call failed because it would have had to wait. */
export function wouldWait(): boolean {
  return koffi.errno() === koffi.os.errno.EAGAIN;
}
