import { createHmac } from 'node:crypto';

/** Carries the signature of a body. */
export const signatureHeader = 'x-metalwright-signature';

/**
 * `t=SECONDS,v1=HEX`: HMAC-SHA256 over the seconds, a dot, and the body as it is sent. One `v1` for each secret, so that one can be
 * changed for another without a gap.
 *
 * @param seconds since 1970: a receiver refuses what is too old
 */
export function signatureOf(body: string, secrets: readonly string[], seconds: number): string {
  const sums = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex'),
  );
  return [`t=${seconds}`, ...sums.map((sum) => `v1=${sum}`)].join(',');
}
