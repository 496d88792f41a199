import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEchoReply, encodeEchoRequest } from './icmp.ts';

/** An IPv4 packet from 10.0.0.9 around an ICMP message; `words` is the header's length. */
function packetOf(icmp: Uint8Array, { words = 5, protocol = 1 } = {}): Uint8Array {
  const packet = new Uint8Array(words * 4 + icmp.length);
  packet.set([0x40 | words, 0, 0, packet.length, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1]);
  packet.set(icmp, words * 4);
  return packet;
}

const reply = Uint8Array.of(0, 0, 0, 0, 0x12, 0x34, 0, 7);
const expected = { address: 0x0a000009, identifier: 0x1234, sequence: 7 };

describe('ICMP echo', () => {
  it('asks with the checksum of RFC 1071', () => {
    expect([...encodeEchoRequest(0x1234, 1)]).toEqual([8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1]);
  });

  it.each([
    ['a reply is read', packetOf(reply), expected],
    ['options of the IP header are passed over', packetOf(reply, { words: 7 }), expected],
    ['a request is none', packetOf(encodeEchoRequest(1, 1)), undefined],
    ['another protocol is none', packetOf(reply, { protocol: 17 }), undefined],
    ['one cut short is none', packetOf(reply.subarray(0, 7)), undefined],
  ])('%s', (_sentence, packet, wanted) => {
    expect(decodeEchoReply(packet)).toEqual(wanted);
  });

  it('takes any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodeEchoReply(bytes)));
  });
});
