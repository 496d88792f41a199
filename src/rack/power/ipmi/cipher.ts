import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength, uint32 } from './bytes.ts';
import type { Algorithms } from './open-session.ts';

/**
 * The cipher suites that are spoken (IPMI 2.0, table 22-20; suite 17: tables 13-17 and 13-18). No others, ever: each of
 * these authenticates, protects and encrypts every message.
 */
export type CipherSuiteId = '17' | '3';

export interface CipherSuite {
  id: CipherSuiteId;
  hash: 'sha1' | 'sha256';
  /** Bytes of the hash, of a RAKP message's key exchange authentication code. */
  hashLength: number;
  /** Bytes that are left of an HMAC in RAKP 4 and in a message's trailer. */
  authCodeLength: number;
  algorithms: Algorithms;
}

export const cipherSuites: Readonly<Record<CipherSuiteId, CipherSuite>> = {
  '17': {
    id: '17',
    hash: 'sha256',
    hashLength: 32,
    authCodeLength: 16,
    algorithms: { authentication: 3, integrity: 4, confidentiality: 1 },
  },
  '3': {
    id: '3',
    hash: 'sha1',
    hashLength: 20,
    authCodeLength: 12,
    algorithms: { authentication: 1, integrity: 1, confidentiality: 1 },
  },
};

/** What both sides of a handshake know (section 13.31). */
export interface HandshakeFacts {
  consoleSessionId: number;
  bmcSessionId: number;
  consoleRandom: Uint8Array;
  bmcRandom: Uint8Array;
  guid: Uint8Array;
  role: number;
  username: Uint8Array;
}

/** The code that RAKP 2 must carry: the BMC knows the password. */
export function rakp2AuthCode(suite: CipherSuite, password: Uint8Array, facts: HandshakeFacts): Uint8Array {
  return hmac(
    suite,
    password,
    uint32(facts.consoleSessionId),
    uint32(facts.bmcSessionId),
    facts.consoleRandom,
    facts.bmcRandom,
    facts.guid,
    user(facts),
  );
}

/** The code that RAKP 3 carries: we know the password. */
export function rakp3AuthCode(suite: CipherSuite, password: Uint8Array, facts: HandshakeFacts): Uint8Array {
  return hmac(suite, password, facts.bmcRandom, uint32(facts.consoleSessionId), user(facts));
}

/** The Session Integrity Key. `key` is K_g, or the password when the BMC has none (section 13.31). */
export function sessionIntegrityKey(suite: CipherSuite, key: Uint8Array, facts: HandshakeFacts): Uint8Array {
  return hmac(suite, key, facts.consoleRandom, facts.bmcRandom, user(facts));
}

/** The check that RAKP 4 must carry: the BMC has the same session key. */
export function rakp4IntegrityCheck(suite: CipherSuite, sik: Uint8Array, facts: HandshakeFacts): Uint8Array {
  const code = hmac(suite, sik, facts.consoleRandom, uint32(facts.bmcSessionId), facts.guid);
  return code.subarray(0, suite.authCodeLength);
}

export interface SessionKeys {
  suite: CipherSuite;
  /** K1: for the trailer of messages. */
  integrity: Uint8Array;
  /** K2, 16 bytes of it: for AES. */
  encryption: Uint8Array;
}

/** K1 and K2 (section 13.32). */
export function sessionKeys(suite: CipherSuite, sik: Uint8Array): SessionKeys {
  return {
    suite,
    integrity: hmac(suite, sik, new Uint8Array(20).fill(1)),
    encryption: hmac(suite, sik, new Uint8Array(20).fill(2)).subarray(0, 16),
  };
}

const blockLength = 16;
const nextHeader = 0x07;

/** AES-CBC-128 with IPMI's own padding 1, 2, 3 … and pad length (table 13-20). `iv`: 16 random bytes, sent first. */
export function encryptPayload(keys: SessionKeys, payload: Uint8Array, iv: Uint8Array): Uint8Array {
  const padLength = (blockLength - ((payload.length + 1) % blockLength)) % blockLength;
  const pad = Array.from({ length: padLength }, (_, index) => index + 1);
  const cipher = createCipheriv('aes-128-cbc', keys.encryption, iv).setAutoPadding(false);
  return concat(iv, cipher.update(concat(payload, pad, [padLength])), cipher.final());
}

/** @throws DecodeError when it is not whole blocks or the padding is not ours. */
export function decryptPayload(keys: SessionKeys, encrypted: Uint8Array): Uint8Array {
  requireLength(encrypted, 2 * blockLength, 'encrypted payload');
  if (encrypted.length % blockLength !== 0) throw new DecodeError('encrypted payload: not whole blocks');
  const iv = encrypted.subarray(0, blockLength);
  const decipher = createDecipheriv('aes-128-cbc', keys.encryption, iv).setAutoPadding(false);
  const padded = concat(decipher.update(encrypted.subarray(blockLength)), decipher.final());
  const padLength = byteAt(padded, padded.length - 1, 'encrypted payload');
  const length = padded.length - 1 - padLength;
  if (padLength >= blockLength || length < 0) throw new DecodeError('encrypted payload: pad length');
  for (let index = 0; index < padLength; index++) {
    if (padded[length + index] !== index + 1) throw new DecodeError('encrypted payload: padding');
  }
  return padded.subarray(0, length);
}

/** Puts the integrity trailer behind an RMCP+ header and payload (table 13-8). */
export function appendTrailer(keys: SessionKeys, message: Uint8Array): Uint8Array {
  const padLength = (4 - ((message.length + 2) % 4)) % 4;
  const covered = concat(message, new Uint8Array(padLength).fill(0xff), [padLength, nextHeader]);
  return concat(covered, trailerCode(keys, covered));
}

/** Checks the trailer behind the first `length` bytes. @throws DecodeError when it is short or the code is wrong. */
export function verifyTrailer(keys: SessionKeys, bytes: Uint8Array, length: number): void {
  const codeAt = bytes.length - keys.suite.authCodeLength;
  if (codeAt < length + 2) throw new DecodeError('session trailer: too short');
  const expected = trailerCode(keys, bytes.subarray(0, codeAt));
  if (!equalBytes(expected, bytes.subarray(codeAt))) throw new DecodeError('session trailer: wrong code');
}

/** In a time that does not depend on where they differ. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function trailerCode(keys: SessionKeys, covered: Uint8Array): Uint8Array {
  return hmac(keys.suite, keys.integrity, covered).subarray(0, keys.suite.authCodeLength);
}

function user(facts: HandshakeFacts): Uint8Array {
  return concat([facts.role, facts.username.length], facts.username);
}

function hmac(suite: CipherSuite, key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const code = createHmac(suite.hash, key);
  for (const part of parts) code.update(part);
  return new Uint8Array(code.digest());
}
