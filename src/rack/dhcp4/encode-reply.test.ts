import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aRequest } from '../../../test/fixtures/packets/dhcp4.ts';
import { encodeReply, type ReplyLimits } from './encode-reply.ts';
import { decodePacket } from './packet.ts';
import { eachOption, joinBytes, tlv } from './tlv.ts';

const request = aRequest();
const fields = { ciaddr: 1, yiaddr: 2, siaddr: 3, flags: 0x8000, file: '' };
const code = fc.integer({ min: 1, max: 254 }).filter((one) => one !== 52 && one !== 82);
const options = fc.uniqueArray(fc.tuple(code, fc.uint8Array({ maxLength: 300 })), {
  selector: ([one]) => one,
  maxLength: 12,
});
const tail = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: undefined });
const limits: fc.Arbitrary<ReplyLimits> = fc.record({
  maximum: fc.integer({ min: 300, max: 1472 }),
  overload: fc.boolean(),
  padding: fc.constantFrom(1, 6),
});

describe('an answer', () => {
  it('never exceeds its limit, keeps the best options whole, and the relay reads its own at the end', () => {
    fc.assert(
      fc.property(options, tail, limits, (wanted, information, limit) => {
        const chunks = wanted.map(([one, value]) => tlv(one, value));
        const last = information === undefined ? undefined : tlv(82, information);
        const bytes = Uint8Array.from(encodeReply(request, fields, chunks, last, limit));
        expect(bytes.length).toBeLessThanOrEqual(Math.max(limit.maximum, limit.padding === 1 ? 300 : 305));
        expect(bytes.length).toBeGreaterThanOrEqual(300);
        expect(bytes.at(-1)).toBe(255);
        const packet = decodePacket(bytes);
        expect(packet).toMatchObject({ op: 2, xid: 7, flags: 0x8000, ciaddr: 1, yiaddr: 2, siaddr: 3 });
        const sent = new Map(wanted);
        for (const [one, value] of packet.options) {
          if (one !== 52 && one !== 82) expect(value).toEqual(sent.get(one));
        }
        const [first] = chunks;
        const room = limit.maximum - 241 - (last?.length ?? 0) - (limit.overload ? 3 : 0);
        if (first !== undefined && first.length <= room)
          expect(packet.options.has(wanted[0]?.[0] ?? 0)).toBe(true);
        if (last !== undefined && last.length <= limit.maximum - 241) {
          expect(packet.options.get(82)).toEqual(information);
          if (!packet.options.has(52)) expect([...packet.options.keys()].at(-1)).toBe(82);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('says nothing of overload where all has room', () => {
    const bytes = encodeReply(request, fields, [tlv(1, Uint8Array.of(1, 2, 3, 4))], undefined, {
      maximum: 548,
      overload: true,
      padding: 6,
    });
    expect(decodePacket(bytes).options.has(52)).toBe(false);
  });

  it('leaves a file that is there alone when it overloads', () => {
    const chunks = [250, 251, 252].map((one) => tlv(one, new Uint8Array(50).fill(one)));
    const bytes = encodeReply(request, { ...fields, file: 'a.efi' }, chunks, undefined, {
      maximum: 360,
      overload: true,
      padding: 6,
    });
    const packet = decodePacket(Uint8Array.from(bytes));
    expect(packet.file).toBe('a.efi');
    expect(packet.options.get(52)).toEqual(Uint8Array.of(2));
    expect(packet.options.size).toBe(4);
  });
});

describe('options on the wire', () => {
  it('are taken apart as they were put together, pieces of one together', () => {
    fc.assert(
      fc.property(options, (wanted) => {
        const parts = wanted.map(([one, value]) => tlv(one, value));
        expect([...eachOption(joinBytes(parts))]).toEqual(parts);
      }),
    );
  });
});
