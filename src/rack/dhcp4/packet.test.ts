import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { option, readText } from './options.ts';
import { type Dhcp4Packet, decodePacket, encodePacket } from './packet.ts';

const u32 = fc.nat(0xffffffff);
const text = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength });
const anyPacket: fc.Arbitrary<Dhcp4Packet> = fc.record({
  op: fc.nat(255),
  htype: fc.nat(255),
  hops: fc.nat(255),
  xid: u32,
  secs: fc.nat(65535),
  flags: fc.nat(65535),
  ciaddr: u32,
  yiaddr: u32,
  siaddr: u32,
  giaddr: u32,
  chaddr: fc.uint8Array({ maxLength: 16 }),
  sname: text(63),
  file: text(127),
  options: fc
    .uniqueArray(
      fc.tuple(
        fc.integer({ min: 1, max: 254 }).filter((code) => code !== option.overload.code),
        fc.uint8Array({ maxLength: 600 }),
      ),
      { selector: ([code]) => code, maxLength: 8 },
    )
    .map((entries) => new Map(entries)),
});

/** A message with the given bytes as its options. */
function withOptions(...bytes: number[]): Uint8Array {
  const packet = new Uint8Array(240 + bytes.length);
  packet.set([1, 1, 6, 0]);
  packet.set([0x63, 0x82, 0x53, 0x63], 236);
  packet.set(bytes, 240);
  return packet;
}

describe('the DHCPv4 codec', () => {
  it('reads back everything it wrote', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(decodePacket(encodePacket(packet, { maximum: 65000 }))).toEqual(packet);
      }),
    );
  });

  it('throws nothing but DecodeError, whatever the bytes', () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        decodePacket(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    };
    const tail = fc.uint8Array({ maxLength: 400 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), attempt), { numRuns: 500 });
    fc.assert(
      fc.property(tail, (bytes) => attempt(withOptions(...bytes))),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(tail, (bytes) => attempt(withOptions(52, 1, 3, ...bytes))),
      { numRuns: 500 },
    );
  });

  it('stays within the limit and leaves out the last options', () => {
    fc.assert(
      fc.property(anyPacket, fc.integer({ min: 300, max: 1472 }), (packet, maximum) => {
        const bytes = encodePacket(packet, { maximum });
        expect(bytes.length).toBeLessThanOrEqual(Math.max(maximum, 306));
        for (const [code, value] of decodePacket(bytes).options)
          expect(value).toEqual(packet.options.get(code));
      }),
    );
  });

  it.each([
    ['fewer than 240 bytes', new Uint8Array(239)],
    ['another cookie than DHCP has', new Uint8Array(300).fill(1, 236, 240)],
    ['an option without its length', withOptions(53)],
    ['an option that is longer than the packet', withOptions(53, 1, 1, 12, 9, 65)],
    ['a hardware address of 17 bytes', withOptions(255).fill(17, 2, 3)],
  ])('refuses %s', (_name, bytes) => {
    expect(() => decodePacket(bytes)).toThrow(DecodeError);
  });

  it('joins an option that was sent in pieces (RFC 3396)', () => {
    const { options } = decodePacket(withOptions(12, 2, 65, 66, 53, 1, 1, 12, 1, 67, 255));
    expect(readText(options, option.hostName)).toBe('ABC');
  });

  it('takes a message without cookie for BOOTP of 1985: no options', () => {
    expect(decodePacket(new Uint8Array(300)).options.size).toBe(0);
  });

  it('joins tens of thousands of pieces in their order', () => {
    const bytes = withOptions(...Array.from({ length: 20_000 }, (_, n) => [43, 1, n & 255]).flat());
    const joined = decodePacket(bytes).options.get(43);
    expect(joined?.length).toBe(20_000);
    expect(joined?.every((byte, n) => byte === (n & 255))).toBe(true);
  });

  it('reads options out of the file and server name fields when they are overloaded, in the order of RFC 3396', () => {
    const bytes = withOptions(52, 1, 3, 12, 1, 65, 255);
    bytes.set([12, 1, 66, 255], 108);
    bytes.set([0, 12, 1, 67, 60, 1, 88, 255], 44);
    const packet = decodePacket(bytes);
    expect(readText(packet.options, option.hostName)).toBe('ABC');
    expect(readText(packet.options, option.vendorClass)).toBe('X');
    expect(packet).toMatchObject({ file: '', sname: '' });
  });

  it('does not mind a missing END or bytes after it', () => {
    expect(decodePacket(withOptions(53, 1, 3)).options.size).toBe(1);
    expect(decodePacket(withOptions(53, 1, 3, 255, 12, 200)).options.size).toBe(1);
  });

  it('pads to 300 bytes before an END that comes last, in steps of six', () => {
    const packet = decodePacket(withOptions(53, 1, 2, 255));
    const bytes = encodePacket(packet);
    expect(bytes.length).toBeGreaterThanOrEqual(300);
    expect(bytes.at(-1)).toBe(255);
    expect((bytes.length - 1 - 243) % 6).toBe(0);
  });
});
