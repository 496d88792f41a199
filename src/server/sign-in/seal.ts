import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** Texts that only holders of a key can read, and that nobody can change. */
export interface Sealer {
  /** @param purpose what it is for: what was sealed for one is not opened for another */
  seal(purpose: string, text: string): string;
  /** Undefined: changed, for another purpose, or under a key that is not held any more. */
  open(purpose: string, sealed: string): string | undefined;
}

const nonceBytes = 12;
const tagBytes = 16;
const idBytes = 4;

interface Key {
  id: Buffer;
  key: Buffer;
}

/**
 * AES-256-GCM under keys derived from secrets by HKDF-SHA256 (RFC 5869): base64url of the key's id, 96 bits of nonce, ciphertext
 * and tag. The first secret seals, all of them open.
 *
 * @throws RangeError without a secret, or when one has fewer than 32 bytes
 */
export function createSealer(secrets: readonly Uint8Array[]): Sealer {
  const keys = secrets.map(keyOf);
  const [current] = keys;
  if (current === undefined) throw new RangeError('a sealer needs a secret');

  return {
    seal(purpose, text) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([current.id, nonce, sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open(purpose, sealed) {
      if (!/^[A-Za-z0-9_-]*$/.test(sealed)) return undefined;
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < idBytes + nonceBytes + tagBytes) return undefined;
      const held = keys.find(({ id }) => id.equals(bytes.subarray(0, idBytes)));
      if (held === undefined) return undefined;
      const nonce = bytes.subarray(idBytes, idBytes + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', held.key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        const text = decipher.update(bytes.subarray(idBytes + nonceBytes, -tagBytes));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

function keyOf(secret: Uint8Array): Key {
  if (secret.length < 32) throw new RangeError('a secret of a sealer has at least 32 bytes');
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'metalwright cookies', 32));
  return { key, id: createHash('sha256').update(key).digest().subarray(0, idBytes) };
}
