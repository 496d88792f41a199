import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import { authCapabilitiesRequest, decodeAuthCapabilities } from './auth-capabilities.ts';
import { decodeChassisStatus, decodeManufacturer } from './chassis.ts';
import { decodeLanRequest, decodeLanResponse, encodeLanRequest, encodeLanResponse } from './lan-message.ts';
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from './open-session.ts';
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
} from './rakp.ts';
import { decodeRmcp, encodeRmcp } from './rmcp.ts';
import { decodeRmcpPlus, decodeSessionless, encodeRmcpPlus, encodeSessionless } from './session-header.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const byte = fc.integer({ min: 0, max: 255 });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const sixBits = fc.integer({ min: 0, max: 63 });
const evenNetFn = fc.integer({ min: 0, max: 31 }).map((half) => half * 2);
const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
const payload = fc.uint8Array({ maxLength: 200 });
const algorithms = fc.record({ authentication: sixBits, integrity: sixBits, confidentiality: sixBits });

describe('bytes that are known from real clients and BMCs', () => {
  it('asks for the authentication capabilities as ipmitool does', () => {
    const request = encodeLanRequest(authCapabilitiesRequest('Operator'), 0);
    const packet = encodeRmcp(encodeSessionless(request));
    expect(hex(packet)).toBe(hex(bytes('0600ff07 00 00000000 00000000 09 2018c8 8100 38 8e03 b6')));
  });

  it.each([
    { name: 'virtualbmc', data: '01 80 04 02 00000000', ipmi2: true, keySet: false },
    { name: 'a BMC with a key', data: '01 97 24 03 00000000', ipmi2: true, keySet: true },
    { name: 'a BMC with IPMI 1.5 only', data: '01 16 04 01 00000000', ipmi2: false, keySet: false },
    { name: 'an old BMC without extended data', data: '01 16 04', ipmi2: false, keySet: false },
  ])('reads the capabilities of $name', ({ data, ipmi2, keySet }) => {
    expect(decodeAuthCapabilities(bytes(data))).toEqual({ ipmi2, keySet });
  });

  it('reads a maker of three bytes', () => {
    expect(decodeManufacturer(bytes('20 01 02 03 02 bf 7c 2a 00 00 00'))).toBe(10_876);
  });

  it.each([
    { data: '01 00 00', state: 'On' },
    { data: '60 10 40 70', state: 'Off' },
  ])('reads chassis status $data as $state', ({ data, state }) => {
    expect(decodeChassisStatus(bytes(data))).toBe(state);
  });

  it.each([
    { name: 'another version', packet: '0500ff07 00' },
    { name: 'an acknowledge', packet: '0600ff87 00' },
    { name: 'ASF', packet: '0600ff06 00' },
    { name: 'nothing behind the header', packet: '0600ff07' },
  ])('refuses RMCP with $name', ({ packet }) => {
    expect(() => decodeRmcp(bytes(packet))).toThrow(DecodeError);
  });
});

function roundTrip<T>(
  given: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (encoded: Uint8Array) => T,
): void {
  fc.assert(
    fc.property(given, (value) => {
      expect(decode(encode(value))).toEqual(value);
    }),
  );
}

describe('messages come out of their encoding as they went in', () => {
  const authCode = fc.uint8Array({ maxLength: 32 });
  const done = { tag: byte, status: fc.constant(0), consoleSessionId: uint32 };

  it('RMCP', () => {
    roundTrip(fc.uint8Array({ minLength: 1 }), encodeRmcp, decodeRmcp);
  });

  it('session headers', () => {
    const message = fc.record({
      payloadType: sixBits.filter((type) => type !== 2),
      encrypted: fc.boolean(),
      authenticated: fc.boolean(),
      sessionId: uint32,
      sequence: uint32,
      payload,
    });
    roundTrip(message, encodeRmcpPlus, (encoded) => decodeRmcpPlus(encoded).message);
    roundTrip(payload, encodeSessionless, decodeSessionless);
  });

  it('a session header with a trailer behind it', () => {
    const encoded = encodeRmcpPlus({
      payloadType: 0,
      encrypted: true,
      authenticated: true,
      sessionId: 1,
      sequence: 2,
      payload: Uint8Array.of(3, 4),
    });
    expect(decodeRmcpPlus(new Uint8Array([...encoded, 9, 9, 9])).length).toBe(encoded.length);
  });

  it('LAN messages', () => {
    const request = fc.record({ netFn: evenNetFn, command: byte, sequence: sixBits, data: payload });
    roundTrip(request, (value) => encodeLanRequest(value, value.sequence), decodeLanRequest);
    const response = {
      netFn: evenNetFn,
      command: byte,
      sequence: sixBits,
      completionCode: byte,
      data: payload,
    };
    roundTrip(fc.record(response), encodeLanResponse, decodeLanResponse);
  });

  it('open session', () => {
    const request = fc.record({ tag: byte, privilege: byte, consoleSessionId: uint32, algorithms });
    roundTrip(request, encodeOpenSessionRequest, decodeOpenSessionRequest);
    const response = fc.record({ ...done, bmcSessionId: uint32, algorithms });
    roundTrip(response, (value) => encodeOpenSessionResponse(value, 4), decodeOpenSessionResponse);
  });

  it('RAKP 1 to 4', () => {
    const username = fc.uint8Array({ maxLength: 16 });
    const rakp1 = { tag: byte, bmcSessionId: uint32, consoleRandom: block, role: byte, username };
    roundTrip(fc.record(rakp1), encodeRakp1, decodeRakp1);
    roundTrip(fc.record({ ...done, bmcRandom: block, guid: block, authCode }), encodeRakp2, decodeRakp2);
    roundTrip(
      fc.record({ tag: byte, status: byte, bmcSessionId: uint32, authCode }),
      encodeRakp3,
      decodeRakp3,
    );
    roundTrip(fc.record({ ...done, integrityCheck: authCode }), encodeRakp4, decodeRakp4);
  });
});

describe('refusals may be as short as BMCs make them', () => {
  it.each([
    { name: 'open session', decode: decodeOpenSessionResponse },
    { name: 'RAKP 2', decode: decodeRakp2 },
    { name: 'RAKP 4', decode: decodeRakp4 },
  ])('$name', ({ decode }) => {
    expect(decode(bytes('0012'))).toMatchObject({ tag: 0, status: 0x12 });
    expect(decode(bytes('0012 0000 a4a3a2a0'))).toMatchObject({ status: 0x12, consoleSessionId: 0xa0a2a3a4 });
  });
});

const decoders = {
  decodeRmcp,
  decodeRmcpPlus,
  decodeSessionless,
  decodeLanRequest,
  decodeLanResponse,
  decodeAuthCapabilities,
  decodeChassisStatus,
  decodeManufacturer,
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
};

describe('any bytes', () => {
  it.each(Object.entries(decoders))('make %s throw nothing but DecodeError', (_name, decode) => {
    const likely = fc.uint8Array({ maxLength: 80 }).map((tail) => new Uint8Array([6, 0, 0xff, 7, ...tail]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), likely), (garbage) => {
        try {
          decode(garbage);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
