import { randomBytes } from 'node:crypto';
import { powerError } from '../errors.ts';
import { type BmcHttp, type BmcRequest, bmcHttpOver } from './client.ts';
import { chooseChallenge, type DigestChallenge, digestAuthorization } from './digest.ts';

/**
 * Requests that prove the password by digest authentication (RFC 7616): it never leaves in the clear, also where the server
 * would take it so. A password that was refused is not shown a second time; a nonce that has run out is renewed once.
 */
export function withDigest(http: BmcHttp, user: { username: string; password: string }): BmcHttp {
  let challenge: DigestChallenge | undefined;
  /** Whether the server took a proof with this challenge's nonce. */
  let proven = false;
  let count = 0;

  const proving = (asked: BmcRequest): BmcRequest => {
    if (challenge === undefined) return asked;
    count++;
    const { pathname, search } = new URL(asked.path, 'http://bmc');
    const proof = { ...user, method: asked.method, uri: pathname + search, count, cnonce: newNonce() };
    return { ...asked, headers: { ...asked.headers, authorization: digestAuthorization(challenge, proof) } };
  };

  const send: BmcHttp['send'] = async (asked, signal) => {
    const used = challenge;
    const first = await http.send(proving(asked), signal);
    if (first.status !== 401) {
      proven ||= used !== undefined;
      return first;
    }
    const next = chooseChallenge(first.headers['www-authenticate']);
    if (next === undefined) {
      const what = `${asked.method} ${asked.path}: the BMC asks for no digest authentication that is known`;
      throw powerError('BmcAuthenticationFailed', what);
    }
    if (used !== undefined && !proven && !next.stale) return first;
    challenge = next;
    proven = false;
    count = 0;
    const second = await http.send(proving(asked), signal);
    if (second.status === 401) challenge = undefined;
    else proven = true;
    return second;
  };
  return bmcHttpOver(send, () => http.close());
}

function newNonce(): string {
  return randomBytes(16).toString('base64url');
}
