import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePacket } from './packet.ts';
import { relayAgentOf } from './relay-agent.ts';

function relayed(giaddr: number, information: number[]): Uint8Array {
  const bytes = new Uint8Array(240 + 2 + information.length);
  bytes.set([0x63, 0x82, 0x53, 0x63, 82, information.length, ...information], 236);
  new DataView(bytes.buffer).setUint32(24, giaddr);
  return bytes;
}

describe('the relay that a packet came through', () => {
  it('is none without giaddr, whatever option 82 says', () => {
    expect(relayAgentOf(decodePacket(relayed(0, [5, 4, 10, 0, 0, 0])))).toBeUndefined();
  });

  it('selects the link and names the server (RFC 3527, RFC 5107)', () => {
    const information = [1, 2, 0, 7, 5, 4, 10, 0, 9, 0, 11, 4, 10, 0, 9, 1];
    expect(relayAgentOf(decodePacket(relayed(0x0a000001, information)))).toMatchObject({
      address: 0x0a000001,
      link: 0x0a000900,
      serverIdentifier: 0x0a000901,
      unicast: undefined,
    });
  });

  it.each([
    [0x80, true],
    [0x00, false],
  ])('with the flags %d says whether the client sent by unicast (RFC 5010)', (flags, unicast) => {
    expect(relayAgentOf(decodePacket(relayed(1, [10, 1, flags])))?.unicast).toBe(unicast);
  });

  it.each([
    ['link selection before the subnet that the client selects', [5, 4, 10, 0, 9, 0], 0x0a000900],
    ['the subnet that the client selects before its own address (RFC 3011)', [1, 1, 7], 0x0a000800],
  ])('prefers %s', (_, information, link) => {
    const packet = decodePacket(relayed(0x0a000001, information));
    packet.options.set(118, Uint8Array.of(10, 0, 8, 0));
    expect(relayAgentOf(packet)?.link).toBe(link);
  });

  it('is read from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (information) => {
        expect(relayAgentOf(decodePacket(relayed(1, [...information])))?.address).toBe(1);
      }),
    );
  });
});
