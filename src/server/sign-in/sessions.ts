import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { CookieJar } from './cookies.ts';
import type { Sealer } from './seal.ts';

const User = z.object({
  username: z.string().min(1),
  uid: z.string().exactOptional(),
  groups: z.array(z.string()).exactOptional(),
  extra: z.record(z.string(), z.array(z.string())).exactOptional(),
});

/** How somebody signed in. */
export const signInMethods = ['Token', 'Oidc', 'AdminLink'] as const;
export type SignInMethod = (typeof signInMethods)[number];

/** Times in seconds since 1970. */
const SealedSession = z.object({
  id: z.string(),
  method: z.enum(signInMethods),
  issuedAt: z.int(),
  /** When it was last used, to within `renewAfterSeconds`. */
  usedAt: z.int(),
  expiresAt: z.int(),
  /** Whose it is: whoever bears this token, or a user whom a provider vouched for. */
  token: z.string().exactOptional(),
  user: User.exactOptional(),
});
export type Session = z.infer<typeof SealedSession>;

/** Times in seconds. */
export interface SessionLimits {
  /** However busy it is. */
  lifeSeconds: number;
  idleSeconds: number;
}

/** What browsers carry, sealed: any server with the key reads it, and none keeps anything. */
export interface Sessions {
  /** `Set-Cookie` headers of a new session; undefined: what it holds does not fit into cookies. */
  begin(
    session: Pick<Session, 'method'> & ({ token: string } | { user: z.infer<typeof User> }),
    cookieHeader: string | undefined,
  ): { session: Session; cookies: string[] } | undefined;
  /** The session of a request; undefined: none, changed, expired, or ended here. */
  read(cookieHeader: string | undefined, options?: { idle?: boolean }): Session | undefined;
  /** `Set-Cookie` headers that say that it is still used; none when that was said a moment ago. */
  renew(session: Session, cookieHeader: string | undefined): string[];
  /** `Set-Cookie` headers that take it away; this process also takes no copy of it any more. */
  end(cookieHeader: string | undefined): string[];
  idleExpiresAt(session: Session): number;
}

const purpose = 'session';
const renewAfterSeconds = 60;

/** Ended sessions that are remembered, until they expire. */
const mostEnded = 10_000;

/** @param now milliseconds since 1970 */
export function createSessions(options: {
  sealer: () => Sealer;
  jar: CookieJar;
  limits: SessionLimits;
  now: () => number;
}): Sessions {
  const { sealer, jar, limits } = options;
  const ended = new Map<string, number>();
  const seconds = (): number => Math.floor(options.now() / 1000);
  const idleExpiresAt = ({ usedAt, expiresAt }: Session): number =>
    Math.min(usedAt + limits.idleSeconds, expiresAt);

  function cookiesOf(session: Session, cookieHeader: string | undefined): string[] | undefined {
    return jar.write(sealer().seal(purpose, JSON.stringify(session)), cookieHeader);
  }

  function read(
    cookieHeader: string | undefined,
    { idle = true }: { idle?: boolean } = {},
  ): Session | undefined {
    const sealed = jar.read(cookieHeader);
    const text = sealed === undefined ? undefined : sealer().open(purpose, sealed);
    if (text === undefined) return undefined;
    const session = SealedSession.safeParse(JSON.parse(text)).data;
    if (session === undefined || ended.has(session.id)) return undefined;
    return seconds() < (idle ? idleExpiresAt(session) : session.expiresAt) ? session : undefined;
  }

  return {
    read,
    idleExpiresAt,
    begin(given, cookieHeader) {
      const issuedAt = seconds();
      const session: Session = {
        ...given,
        id: randomBytes(16).toString('base64url'),
        issuedAt,
        usedAt: issuedAt,
        expiresAt: issuedAt + limits.lifeSeconds,
      };
      const cookies = cookiesOf(session, cookieHeader);
      return cookies === undefined ? undefined : { session, cookies };
    },
    renew(session, cookieHeader) {
      const usedAt = seconds();
      if (usedAt - session.usedAt < renewAfterSeconds) return [];
      return cookiesOf({ ...session, usedAt }, cookieHeader) ?? [];
    },
    end(cookieHeader) {
      const session = read(cookieHeader, { idle: false });
      if (session !== undefined) ended.set(session.id, session.expiresAt);
      for (const [id, expiresAt] of ended) {
        if (ended.size <= mostEnded && expiresAt > seconds()) break;
        ended.delete(id);
      }
      return jar.clear(cookieHeader);
    },
  };
}
