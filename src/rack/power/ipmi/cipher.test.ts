import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import { cipherVectors, vectorUser } from '../testing/ipmi-vectors.ts';
import {
  appendTrailer,
  cipherSuites,
  decryptPayload,
  encryptPayload,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  sessionIntegrityKey,
  sessionKeys,
  verifyTrailer,
} from './cipher.ts';
import { decodeLanRequest } from './lan-message.ts';
import { decodeRmcpPlus } from './session-header.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const suiteIds = fc.constantFrom('17' as const, '3' as const);
const anyKeys = fc
  .tuple(suiteIds, fc.uint8Array({ minLength: 20, maxLength: 20 }))
  .map(([id, sik]) => sessionKeys(cipherSuites[id], sik));

describe.each(cipherVectors)('cipher suite $suite, as another implementation computes it', (vector) => {
  const suite = cipherSuites[vector.suite];
  const password = text(vectorUser.password);
  const facts = {
    consoleSessionId: vector.consoleSessionId,
    bmcSessionId: vector.bmcSessionId,
    consoleRandom: bytes(vector.consoleRandom),
    bmcRandom: bytes(vector.bmcRandom),
    guid: bytes(vector.guid),
    role: vector.role,
    username: text(vectorUser.username),
  };
  const keys = sessionKeys(suite, bytes(vector.sik));

  it('gives the codes of RAKP 2, 3 and 4', () => {
    expect(hex(rakp2AuthCode(suite, password, facts))).toBe(vector.rakp2);
    expect(hex(rakp3AuthCode(suite, password, facts))).toBe(vector.rakp3);
    expect(hex(rakp4IntegrityCheck(suite, bytes(vector.sik), facts))).toBe(vector.rakp4);
  });

  it('gives the session keys, with K_g', () => {
    expect(hex(sessionIntegrityKey(suite, text(vectorUser.bmcKey), facts))).toBe(vector.sik);
    expect(hex(keys.integrity)).toBe(vector.k1);
    expect(hex(keys.encryption)).toBe(vector.k2.slice(0, 32));
  });

  it('verifies and decrypts a whole message', () => {
    const message = bytes(vector.covered + vector.authCode);
    const decoded = decodeRmcpPlus(message);
    verifyTrailer(keys, message, decoded.length);
    const request = decodeLanRequest(decryptPayload(keys, decoded.message.payload));
    expect(request).toMatchObject({ netFn: 6, command: 0x3b, data: Uint8Array.of(3) });
  });

  it('puts the same trailer behind it', () => {
    const covered = bytes(vector.covered);
    const { length } = decodeRmcpPlus(covered);
    expect(hex(appendTrailer(keys, covered.subarray(0, length)))).toBe(vector.covered + vector.authCode);
  });
});

describe('protection of messages', () => {
  it('gives back what was encrypted, of any length', () => {
    fc.assert(
      fc.property(
        anyKeys,
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (keys, payload, iv) => {
          const encrypted = encryptPayload(keys, payload, iv);
          expect(encrypted.length % 16).toBe(0);
          expect(decryptPayload(keys, encrypted)).toEqual(payload);
        },
      ),
    );
  });

  it('throws nothing but DecodeError for bytes that nobody encrypted', () => {
    fc.assert(
      fc.property(anyKeys, fc.uint8Array({ maxLength: 100 }), (keys, garbage) => {
        try {
          decryptPayload(keys, garbage);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  it('notices any changed byte of a message', () => {
    fc.assert(
      fc.property(
        anyKeys,
        fc.uint8Array({ minLength: 1, maxLength: 80 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (keys, message, where, flip) => {
          const sealed = appendTrailer(keys, message);
          expect(() => verifyTrailer(keys, sealed, message.length)).not.toThrow();
          const at = where % sealed.length;
          const changed = sealed.map((byte, index) => (index === at ? byte ^ flip : byte));
          expect(() => verifyTrailer(keys, changed, message.length)).toThrow(DecodeError);
        },
      ),
    );
  });

  it('aligns a message to four bytes', () => {
    fc.assert(
      fc.property(anyKeys, fc.uint8Array({ maxLength: 80 }), (keys, message) => {
        expect((appendTrailer(keys, message).length - keys.suite.authCodeLength) % 4).toBe(0);
      }),
    );
  });
});
