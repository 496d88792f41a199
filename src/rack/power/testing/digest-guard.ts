import { createHash, randomBytes } from 'node:crypto';
import type { ServiceAnswer, ServiceRequest } from './http-service.ts';

/** The door of a simulated service: digest authentication with MD5, as RFC 2617 has it and most devices do. */
export interface DigestGuard {
  /** The refusal of a request without a valid proof; undefined for one that may pass. */
  refuse(request: ServiceRequest): ServiceAnswer | undefined;
  /** From now on, proofs with the nonces given so far are refused: as stale, or without a word about it. */
  expire(how?: 'stale' | 'silent'): void;
}

/** @param challenge of the 401, to be changed for servers that ask for something else */
export function digestGuard(
  user: { username: string; password: string },
  challenge: (nonce: string, stale: boolean) => string = (nonce, stale) =>
    `Digest realm="device", qop="auth", algorithm=MD5, nonce="${nonce}"${stale ? ', stale=true' : ''}`,
): DigestGuard {
  /** Each with the highest counter seen. */
  const live = new Map<string, number>();
  const expired = new Set<string>();
  let announced = true;

  const ask = (stale: boolean): ServiceAnswer => {
    const nonce = randomBytes(12).toString('hex');
    live.set(nonce, 0);
    return { status: 401, headers: { 'www-authenticate': challenge(nonce, stale) } };
  };
  return {
    refuse({ method, path, headers }) {
      const given = Object.fromEntries(
        [...(headers.authorization ?? '').matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(
          ([, key, quoted, plain]) => [key, quoted ?? plain ?? ''],
        ),
      );
      const { nonce = '', nc = '', cnonce = '', response, uri, username } = given;
      const secret = md5(`${user.username}:device:${user.password}`);
      const expected = md5(`${secret}:${nonce}:${nc}:${cnonce}:auth:${md5(`${method}:${path}`)}`);
      if (username !== user.username || response !== expected || uri !== path) return ask(false);
      if (expired.has(nonce)) return ask(announced);
      const count = Number.parseInt(nc, 16);
      // A counter that does not grow is a replay.
      if (count <= (live.get(nonce) ?? Number.POSITIVE_INFINITY)) return ask(false);
      live.set(nonce, count);
      return undefined;
    },
    expire(how = 'stale') {
      announced = how === 'stale';
      for (const nonce of live.keys()) expired.add(nonce);
    },
  };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
