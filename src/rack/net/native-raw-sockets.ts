import { macFromBytes } from '../../domain/net/mac.ts';
import { dhcpReplyFilter } from './dhcp-filter.ts';
import { decodeEchoReply, encodeEchoRequest } from './icmp.ts';
import {
  AF_INET,
  AF_PACKET,
  checked,
  ETH_P_IP,
  ICMP_FILTER,
  IPPROTO_ICMP,
  type Libc,
  linkAddress,
  littleEndian,
  loadLibc,
  nativeInt,
  SO_ATTACH_FILTER,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_RAW,
  SOL_SOCKET,
} from './libc.ts';
import type { DhcpTap, EchoSocket, RawSockets } from './raw-sockets.ts';
import { readUdp4 } from './udp-frame.ts';

/* Raw sockets, which Node cannot wait on. They are looked at from time to time and never wait themselves. */

/** What a socket keeps that nobody looks at for a while. */
const receiveBuffer = 256 * 1024;
const largestFrame = 2048;

/** Raw sockets by koffi. Throws where koffi or the C library cannot be loaded. */
export function createNativeRawSockets(): RawSockets {
  const libc = loadLibc();
  return {
    openEcho: ({ device }) => openEcho(libc, device),
    openDhcpTap: ({ device }) => openDhcpTap(libc, device),
  };
}

function openEcho(libc: Libc, device: string | undefined): EchoSocket {
  const fd = checked(
    libc.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP),
    'open an ICMP socket',
    { device },
  );
  return opened(libc, fd, () => {
    // A set bit is a type that is not wanted (raw(7)): the socket gets echo replies, type 0, alone.
    const others = nativeInt(-2);
    checked(libc.setsockopt(fd, SOL_RAW, ICMP_FILTER, others, 4), 'filter ICMP', { device });
    if (device !== undefined) {
      const name = new TextEncoder().encode(`${device}\0`);
      checked(libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length), 'bind to the device', {
        device,
      });
    }
    const receiver = receiverOf(libc, fd);
    return {
      ask(address, identifier, sequence) {
        const peer = new Uint8Array(16);
        const view = new DataView(peer.buffer);
        view.setUint16(0, AF_INET, littleEndian);
        view.setUint32(4, address);
        const message = encodeEchoRequest(identifier, sequence);
        checked(libc.sendto(fd, message, message.length, 0, peer, peer.length), 'send an echo request', {
          device,
        });
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
  const fd = checked(libc.socket(AF_PACKET, type, 0), 'open a packet socket', { device });
  return opened(libc, fd, () => {
    const filter = dhcpReplyFilter();
    const program = { len: filter.length / 8, filter };
    checked(libc.attachFilter(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, 16), 'attach a filter', { device });
    checked(libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, nativeInt(receiveBuffer), 4), 'size the buffer', {
      device,
    });
    const index = checked(libc.indexOf(device) || -1, 'find', { device });
    const address = linkAddress(index, ETH_P_IP);
    checked(libc.bind(fd, address, address.length), 'bind', { device });
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
