import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { DecodeError } from '../errors/decode-error.ts';

/** A message that the holder of one private key alone can read. base64url, without padding. */
export interface SealedBox {
  /** Raw X25519 public key (RFC 7748), made for this one message. */
  ephemeralKey: string;
  /** AES-256-GCM: the encrypted bytes, and the tag of 16 bytes behind them. */
  ciphertext: string;
}

const label = 'metalwright sealed box 1';

/**
 * Seals `message` to `recipient`: X25519, HKDF-SHA256 (RFC 5869) over both public keys, AES-256-GCM. The key serves one message, so
 * the nonce is derived with it.
 *
 * @param ephemeral private X25519 key that is used for nothing else, ever
 * @param context what the message belongs to; it opens under the same alone
 * @throws DecodeError when `recipient` is no public key
 */
export function seal(
  message: Uint8Array,
  recipient: string,
  ephemeral: KeyObject,
  context: string,
): SealedBox {
  const ephemeralKey = rawPublicKey(ephemeral);
  const { key, nonce } = deriveKey(ephemeral, importPublicKey(recipient), ephemeralKey, recipient);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()]);
  return { ephemeralKey, ciphertext: ciphertext.toString('base64url') };
}

/**
 * Opens a box.
 *
 * @param recipient private X25519 key
 * @returns undefined when it was sealed to another key, for another context, or was changed
 * @throws DecodeError when it is no box at all
 */
export function openBox(box: SealedBox, recipient: KeyObject, context: string): Uint8Array | undefined {
  const bytes = Buffer.from(box.ciphertext, 'base64url');
  if (bytes.length < 16) throw new DecodeError('sealed box: shorter than its tag');
  const sender = importPublicKey(box.ephemeralKey);
  try {
    const { key, nonce } = deriveKey(recipient, sender, box.ephemeralKey, rawPublicKey(recipient));
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The raw public key that belongs to a private or public X25519 key, base64url. */
export function rawPublicKey(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'jwk' }).x ?? '';
}

/** @throws DecodeError when these are not 32 bytes in base64url */
function importPublicKey(raw: string): KeyObject {
  if (!/^[A-Za-z0-9_-]{43}$/.test(raw)) throw new DecodeError('sealed box: no X25519 public key');
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw }, format: 'jwk' });
  } catch {
    throw new DecodeError('sealed box: no X25519 public key');
  }
}

function deriveKey(
  privateKey: KeyObject,
  publicKey: KeyObject,
  ephemeralKey: string,
  recipient: string,
): { key: Buffer; nonce: Buffer } {
  const secret = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([Buffer.from(ephemeralKey, 'base64url'), Buffer.from(recipient, 'base64url')]);
  const derived = Buffer.from(hkdfSync('sha256', secret, salt, label, 44));
  return { key: derived.subarray(0, 32), nonce: derived.subarray(32) };
}
