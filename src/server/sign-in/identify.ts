import { createHash } from 'node:crypto';
import type { Caller } from '../../kube/endpoint/caller-review.ts';
import type { UserInfo } from '../../kube/endpoint/reviews.ts';
import type { Access } from '../access.ts';
import { serverError } from '../errors.ts';
import type { Session, Sessions } from './sessions.ts';

/** How a request says who asks: a header, which goes first, or a browser's cookie. */
export interface Credentials {
  authorization: string | undefined;
  cookie: string | undefined;
}

/** Who asks, and what says so. */
export interface SignedIn {
  caller: Caller;
  by: 'Token' | 'Session' | 'ApiKey';
  /** Of a browser. */
  session?: Session;
}

/** Finds out who asks. */
export interface Identities {
  /**
   * Errors: Unauthenticated, Unavailable.
   *
   * @param options.idle false: a session that rests for long still counts, as for a stream that was opened in time
   */
  identify(credentials: Credentials, options?: { idle?: boolean }): Promise<SignedIn>;
}

export function createIdentities(options: {
  access: Pick<Access, 'identify'>;
  sessions: Pick<Sessions, 'read'>;
  /** Undefined: no API key, but a token of Kubernetes. */
  ownerOfKey(token: string): Promise<Caller> | undefined;
}): Identities {
  const { access, sessions, ownerOfKey } = options;

  async function ofSession(session: Session): Promise<SignedIn> {
    const { token, user } = session;
    if (token !== undefined) return { caller: await access.identify(token), by: 'Session', session };
    if (user !== undefined) return { caller: callerOf(user), by: 'Session', session };
    throw serverError('Unauthenticated', 'the session says nobody’s name: sign in again');
  }

  return {
    async identify({ authorization, cookie }, { idle = true } = {}) {
      if (authorization === undefined) {
        const session = sessions.read(cookie, { idle });
        if (session !== undefined) return ofSession(session);
        throw serverError('Unauthenticated', 'send Authorization: Bearer and a token, or sign in');
      }
      const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,16384})$/i.exec(authorization)?.[1];
      if (token === undefined) throw serverError('Unauthenticated', 'send Authorization: Bearer and a token');
      const owner = ownerOfKey(token);
      if (owner !== undefined) return { caller: await owner, by: 'ApiKey' };
      return { caller: await access.identify(token), by: 'Token' };
    },
  };
}

/** Somebody whom we vouch for: what is remembered of them is remembered of this name with these groups. */
export function callerOf(user: UserInfo): Caller {
  const { username, uid = '', groups = [], extra = {} } = user;
  const hash = createHash('sha256').update(
    JSON.stringify(['user', username, uid, [...groups].sort(), extra]),
  );
  return { user, tokenHash: hash.digest('hex') };
}
