import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits as 43 letters of base64url: safe in a URL, a header and on a kernel command line. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Length of every secret that `newSecret` makes. */
export const secretLength = 43;

/** SHA-256 as lower-case hex: what is kept in the place of a secret. Secrets are random, so no salt is needed. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether `secret` has this hash (lower-case hex), in a time that tells nothing. */
export function matchesHash(secret: string, hash: string): boolean {
  const [actual, wanted] = [Buffer.from(hashSecret(secret)), Buffer.from(hash)];
  return actual.length === wanted.length && timingSafeEqual(actual, wanted);
}
