import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../errors/decode-error.ts';
import { openBox, rawPublicKey, seal } from './sealed-box.ts';

const pair = () => generateKeyPairSync('x25519').privateKey;
const recipient = pair();
const publicKey = rawPublicKey(recipient);

describe('a sealed box', () => {
  it('opens for its recipient, in its context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (message, context) => {
        const box = seal(message, publicKey, pair(), context);
        expect(openBox(box, recipient, context)).toEqual(Buffer.from(message));
      }),
      { numRuns: 50 },
    );
  });

  it('stays shut for another key, in another context, and when one bit was changed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (message, at) => {
        const box = seal(message, publicKey, pair(), 'this');
        expect(openBox(box, pair(), 'this')).toBeUndefined();
        expect(openBox(box, recipient, 'that')).toBeUndefined();
        const bytes = Buffer.from(box.ciphertext, 'base64url');
        bytes[at % bytes.length]! ^= 1 << (at % 8);
        const changed = { ...box, ciphertext: bytes.toString('base64url') };
        expect(openBox(changed, recipient, 'this')).toBeUndefined();
        const foreign = { ...box, ephemeralKey: rawPublicKey(pair()) };
        expect(openBox(foreign, recipient, 'this')).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('throws a DecodeError and nothing else for what is no box', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (ephemeralKey, ciphertext) => {
        try {
          expect(openBox({ ephemeralKey, ciphertext }, recipient, '')).toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  it('opens for nobody when the sender has used a key of all zeros', () => {
    const box = { ...seal(Buffer.from('x'), publicKey, pair(), ''), ephemeralKey: 'A'.repeat(43) };
    expect(openBox(box, recipient, '')).toBeUndefined();
  });

  it('is another one each time', () => {
    const boxes = [1, 2].map(() => seal(Buffer.from('the same'), publicKey, pair(), ''));
    expect(boxes[0]?.ciphertext).not.toBe(boxes[1]?.ciphertext);
  });
});
