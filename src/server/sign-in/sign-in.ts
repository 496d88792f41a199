import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../../kube/client.ts';
import type { UserInfo } from '../../kube/endpoint/reviews.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { Access } from '../access.ts';
import type { ApiRoute } from '../route.ts';
import { createAdminLinks } from './admin-links.ts';
import { createApiKeys } from './api-keys/keys.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import { createKeyStore } from './api-keys/store.ts';
import { everybody } from './claims.ts';
import { createCookieJar } from './cookies.ts';
import { createIdentities, type Identities } from './identify.ts';
import { createOidcProvider, type OidcOptions } from './oidc.ts';
import { linkPath, providerRoutes } from './provider-routes.ts';
import { createSealer, type Sealer } from './seal.ts';
import { sessionRoutes } from './session-routes.ts';
import { createSessions, type SessionLimits, type Sessions } from './sessions.ts';

export interface SignInOptions {
  /** Where browsers find the server: `https://metalwright.example`. Undefined: whatever host they ask. */
  publicUrl?: URL | undefined;
  /** Seals cookies; asked each time, for keys that change. Default: a random key, so that sessions are of use for this process alone. */
  sealer?: (() => Sealer) | undefined;
  limits?: Partial<SessionLimits> | undefined;
  /** Needs `publicUrl`. */
  oidc?: OidcOptions | undefined;
  /** The Secret that API keys are in, and how long one may live. Undefined: there are none. */
  apiKeys?: { secret: { namespace: string; name: string }; mostDays: number } | undefined;
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined;
}

/** All that knows who asks. */
export interface SignIn {
  identities: Identities;
  sessions: Sessions;
  ownOrigin: string | undefined;
  routes: ApiRoute[];
  /** Path and query of a link that signs in once, within ten minutes, and at this process alone. */
  adminLink(user: { username: string; groups: readonly string[] }): string;
}

const defaultLimits: SessionLimits = { lifeSeconds: 12 * 3600, idleSeconds: 2 * 3600 };

/** @param options.tls the server itself speaks TLS */
export function createSignIn(
  options: SignInOptions & {
    access: Access;
    client: Pick<KubeClient, 'get' | 'create' | 'patch'>;
    tls: boolean;
    log: Logger;
    timers: Timers;
  },
): SignIn {
  const { access, client, publicUrl, limits, oidc, log, timers, now = Date.now } = options;
  const random = createSealer([randomBytes(32)]);
  const sealer = options.sealer ?? (() => random);
  const secure = publicUrl === undefined ? options.tls : publicUrl.protocol === 'https:';
  const sessions = createSessions({
    sealer,
    jar: createCookieJar('metalwright-session', secure),
    limits: { ...defaultLimits, ...limits },
    now,
  });
  const links = createAdminLinks(timers);
  const { apiKeys } = options;
  const keys =
    apiKeys && createApiKeys(createKeyStore({ client, secret: apiKeys.secret, timers, log, now }), now);
  const provider = oidc && createOidcProvider(oidc, timers);
  return {
    sessions,
    ownOrigin: publicUrl?.origin,
    identities: createIdentities({ access, sessions, ownerOfKey: (token) => keys?.ownerOf(token) }),
    routes: [
      ...sessionRoutes({ access, sessions }),
      ...(keys && apiKeys ? apiKeyRoutes(keys, apiKeys.mostDays, log) : []),
      ...providerRoutes({
        sessions,
        sealer,
        jar: createCookieJar('metalwright-sign-in', secure),
        oidc: provider && publicUrl && { provider, publicUrl },
        links,
        log,
        now,
      }),
    ],
    adminLink({ username, groups }) {
      const user: UserInfo = { username, groups: [...new Set([...groups, everybody])] };
      return `${linkPath}?code=${links.issue(user)}`;
    },
  };
}
