import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { udp4Packet } from './udp-frame.ts';

/** The sum that a receiver makes: all ones when the packet is whole. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

describe('the frame for a client without an address', () => {
  it('is the packet that a kernel sends (Linux 6.18, tcpdump 4.99), whose UDP checksum is left to the card', () => {
    const packet = udp4Packet(
      { address: '10.0.0.1', port: 67 },
      { address: '10.0.0.50', port: 68 },
      new TextEncoder().encode('hello'),
    );
    const kernel = '45000021000040004011269a' + '0a0000010a000032' + '00430044000d' + '1451' + '68656c6c6f';
    const hex = Buffer.from(packet).toString('hex');
    expect(hex.slice(0, 52)).toBe(kernel.slice(0, 52));
    expect(hex.slice(56)).toBe(kernel.slice(56));
  });

  it('carries checksums that every receiver accepts', () => {
    const peer = fc.record({ address: fc.ipV4(), port: fc.nat(65535) });
    fc.assert(
      fc.property(peer, peer, fc.uint8Array({ maxLength: 601 }), (source, destination, data) => {
        const packet = udp4Packet(source, destination, data);
        const length = packet.length - 20;
        const pseudo = [...packet.subarray(12, 20), 0, 17, length >> 8, length & 255];
        expect(sum(packet.subarray(0, 20))).toBe(0xffff);
        expect(sum(Uint8Array.from([...pseudo, ...packet.subarray(20)]))).toBe(0xffff);
        expect(packet.subarray(28)).toEqual(data);
      }),
    );
  });
});
