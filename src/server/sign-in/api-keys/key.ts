import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Who made a key, as Kubernetes knew them then. */
const Owner = z.object({
  username: z.string().min(1),
  uid: z.string().exactOptional(),
  groups: z.array(z.string()),
});
export type Owner = z.infer<typeof Owner>;

/** A key as it is kept: of the key itself there is only the hash. */
export const KeyRecord = z.object({
  name: z.string(),
  /** SHA-256 in hex: of 256 random bits, nothing slower is needed. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  owner: Owner,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
export type KeyRecord = z.infer<typeof KeyRecord>;

const shape = /^mwk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** A new key, and the id under which its record is found. */
export function newKey(): { id: string; key: string } {
  const id = randomBytes(8).toString('hex');
  return { id, key: `mwk_${id}_${randomBytes(32).toString('base64url')}` };
}

/** The id of what looks like one of our keys; undefined: another kind of token. */
export function keyIdOf(token: string): string | undefined {
  return token.startsWith('mwk_') ? (shape.exec(token)?.[1] ?? '') : undefined;
}

export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Takes as long whether they are equal or not. */
export function isKeyOf(record: KeyRecord, key: string): boolean {
  return timingSafeEqual(Buffer.from(hashOfKey(key), 'hex'), Buffer.from(record.hash, 'hex'));
}

/** Whether two are one: an account that was made anew under its old name is another. */
export function isOwner(
  owner: Owner,
  { username, uid }: { username: string; uid?: string | undefined },
): boolean {
  return owner.username === username && (owner.uid ?? '') === (uid ?? '');
}
