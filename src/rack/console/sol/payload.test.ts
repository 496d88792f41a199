import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import { decodeActivation, decodeSolOwner } from './commands.ts';
import { decodeSolReport, decodeSolRequest, encodeSolReport, encodeSolRequest } from './payload.ts';

const common = {
  sequence: fc.integer({ min: 0, max: 15 }),
  acknowledges: fc.integer({ min: 0, max: 15 }),
  accepted: fc.integer({ min: 0, max: 255 }),
  nack: fc.boolean(),
  data: fc.uint8Array({ maxLength: 255 }),
};
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('a SOL packet', () => {
  it('is read as it was written, in both directions', () => {
    const request = fc.record({ ...common, sendBreak: fc.boolean() });
    const report = fc.record({
      ...common,
      ...{ unavailable: fc.boolean(), deactivating: fc.boolean() },
      ...{ overrun: fc.boolean(), breakDetected: fc.boolean() },
    });
    fc.assert(
      fc.property(request, (packet) => {
        expect(decodeSolRequest(encodeSolRequest(packet))).toEqual(packet);
      }),
    );
    fc.assert(
      fc.property(report, (packet) => {
        expect(decodeSolReport(encodeSolReport(packet))).toEqual(packet);
      }),
    );
  });

  it('is whatever bytes there are, or a DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
        try {
          expect(decodeSolReport(input).data.length).toBe(input.length - 4);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DecodeError);
          expect(input.length).toBeLessThan(4);
        }
      }),
    );
  });

  it.each([
    ['an acknowledgement', '00050300', { sequence: 0, acknowledges: 5, accepted: 3, nack: false }],
    [
      'a refusal while no characters are taken',
      '00050160',
      { acknowledges: 5, nack: true, unavailable: true },
    ],
    ['the end', '00000010', { deactivating: true }],
    ['characters, some of them lost before', '0300000841', { sequence: 3, overrun: true, data: bytes('41') }],
    ['numbers beside reserved bits', 'f2f10000', { sequence: 2, acknowledges: 1 }],
  ])('of a BMC is %s (IPMI 2.0, table 15-2)', (_sentence, hex, packet) => {
    expect(decodeSolReport(bytes(hex))).toMatchObject(packet);
  });

  it.each([
    ['characters', { sequence: 1, data: bytes('0d') }, '010000000d'],
    ['an acknowledgement', { acknowledges: 9, accepted: 4 }, '00090400'],
    ['a BREAK', { sequence: 7, sendBreak: true }, '07000010'],
  ])('to a BMC is %s', (_sentence, packet, hex) => {
    const idle = {
      sequence: 0,
      acknowledges: 0,
      accepted: 0,
      nack: false,
      sendBreak: false,
      data: bytes(''),
    };
    expect(Buffer.from(encodeSolRequest({ ...idle, ...packet })).toString('hex')).toBe(hex);
  });
});

describe('what a BMC says to Activate Payload', () => {
  it.each([
    ['the size of a packet, with its head', '00000000e400e4006f02ffff', 0xe0],
    ['a size that one byte cannot count', '00000000000400046f02ffff', 255],
    ['no size at all', '000000000000000000000000', 64],
  ])('has %s', (_sentence, hex, charactersToBmc) => {
    expect(decodeActivation(bytes(hex))).toEqual({ charactersToBmc });
  });

  it('is refused when it is short, or leaves room for nothing', () => {
    expect(() => decodeActivation(bytes('0000'))).toThrow(DecodeError);
    expect(() => decodeActivation(bytes('00000000040004006f02ffff'))).toThrow(DecodeError);
  });

  it('may go without the session that has it', () => {
    expect(decodeSolOwner(bytes('0000'))).toBeUndefined();
    expect(decodeSolOwner(bytes('7856341200'))).toBe(0x12345678);
  });
});
