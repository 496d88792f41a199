import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import { isPowerError } from '../errors.ts';
import { type BridgeHop, bridgedMessage, bridgedRequest, bridgedResponse } from './bridge.ts';
import { decodeLanRequest, type IpmiRequest } from './lan-message.ts';
import { decodeLocator } from './sdr.ts';

const bytes = fc.uint8Array({ maxLength: 24 });
const byte = fc.integer({ min: 0, max: 255 });
// Not Send Message itself: that would be one hop more.
const request = fc.record({ netFn: fc.constantFrom(0, 10), command: byte, data: bytes });
const hop = fc.record({ channel: fc.integer({ min: 0, max: 15 }), address: byte });
const sequence = fc.integer({ min: 0, max: 63 });

describe('messages over bridges', () => {
  it.each([
    ['one bridge', [{ channel: 0, address: 0x30 }], '403000d081180166'],
    [
      'two bridges',
      [
        { channel: 0, address: 0x82 },
        { channel: 7, address: 0x72 },
      ],
      '408218668118344772008e201801c7ec',
    ],
  ])('are what ipmitool 1.8.19 sends over %s', (_, path, captured) => {
    // Captured from: ipmitool [-B 0 -T 0x82] -b … -t … chassis power status; its sequence number was 6.
    const sent = bridgedRequest({ netFn: 0, command: 1, data: new Uint8Array() }, path, 6);
    expect([sent.netFn, sent.command]).toEqual([6, 0x34]);
    expect(Buffer.from(sent.data).toString('hex')).toBe(captured);
  });

  it('carry the request to the end of the path, each with the sequence number of the whole', () => {
    fc.assert(
      fc.property(request, fc.array(hop, { maxLength: 3 }), sequence, (asked, path, number) => {
        let inner: IpmiRequest = bridgedRequest(asked, path, number);
        const seen: BridgeHop[] = [];
        for (let next = bridgedMessage(inner); next !== undefined; next = bridgedMessage(inner)) {
          seen.push({ channel: next.channel, address: next.address });
          const message = decodeLanRequest(next.message);
          expect(message.sequence).toBe(number);
          inner = message;
        }
        expect(seen).toEqual(path);
        expect({ ...inner, sequence: undefined }).toEqual({ ...asked, sequence: undefined });
      }),
    );
  });

  it('is answered by garbage without any other error than that', () => {
    fc.assert(
      fc.property(
        byte,
        bytes,
        sequence,
        fc.integer({ min: 0, max: 3 }),
        (completionCode, data, number, hops) => {
          const response = { netFn: 6, command: 0x34, sequence: number, completionCode, data };
          try {
            bridgedResponse(response, 'test', hops);
          } catch (thrown) {
            expect(thrown instanceof DecodeError || isPowerError(thrown)).toBe(true);
          }
        },
      ),
    );
  });

  it('does not follow answers in one another further than there are bridges', () => {
    const acknowledged = { netFn: 6, command: 0x34, sequence: 1, completionCode: 0, data: Uint8Array.of(1) };
    expect(() => bridgedResponse(acknowledged, 'test', 0)).toThrow(DecodeError);
  });
});

describe('the record of a controller', () => {
  it('is read, with a name of printable letters only', () => {
    const body = Buffer.concat([Buffer.from('820029000000002e0100c4', 'hex'), Buffer.from('C1\x01\n')]);
    expect(decodeLocator(new Uint8Array(body))).toEqual({ address: 0x82, channel: 0, name: 'C1' });
  });

  it('is garbage without any other error than DecodeError', () => {
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          decodeLocator(body);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
