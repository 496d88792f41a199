import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError, serverError } from '../errors.ts';
import type { Credentials, Identities, SignedIn } from '../sign-in/identify.ts';
import type { Sessions } from '../sign-in/sessions.ts';
import type { RateLimits } from './rate-limits.ts';
import { requireSameOrigin } from './same-origin.ts';

export interface CallerOptions {
  identities: Identities;
  sessions: Pick<Sessions, 'renew'>;
  /** Of our pages, as browsers have it: `https://metalwright.example`. Undefined: whatever host was asked. */
  ownOrigin?: string | undefined;
  rates: RateLimits;
  /** Whether requests can be answered from what is known. */
  isReady(): boolean;
}

/** Paths that say how the process is, for everybody and at any rate. */
export const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * Finds out who asks, before a body is read, and before anybody learns which paths there are. Routes whose `config` has `open` are
 * for everybody; `signsIn` makes attempts count.
 *
 * @returns who asked, as far as that is known
 */
export function admitCallers(app: FastifyInstance, options: CallerOptions) {
  const { identities, sessions, ownOrigin, rates, isReady } = options;
  const callers = new WeakMap<FastifyRequest, SignedIn>();

  async function identify(request: FastifyRequest): Promise<SignedIn> {
    try {
      return await identities.identify(credentialsOf(request));
    } catch (error) {
      if (error instanceof ServerError && error.code === 'Unauthenticated') rates.refused(request.ip);
      throw error;
    }
  }

  app.addHook('onRequest', async (request, reply) => {
    const { url = '', config } = request.routeOptions;
    if (probes.has(url)) return;
    rates.admitAddress(request.ip);
    if ('open' in config) {
      requireSameOrigin(request, ownOrigin);
      if ('signsIn' in config) rates.admitSignIn(request.ip);
      return;
    }
    const signedIn = await identify(request);
    callers.set(request, signedIn);
    rates.admitCaller(signedIn.caller.user.username);
    if (signedIn.session !== undefined) {
      requireSameOrigin(request, ownOrigin);
      const cookies = sessions.renew(signedIn.session, request.headers.cookie);
      if (cookies.length > 0) reply.header('set-cookie', cookies);
    }
    if (!isReady()) {
      throw serverError('NotReady', 'the caches are not filled yet', { retryAfterSeconds: 1 });
    }
  });
  return (request: FastifyRequest): SignedIn | undefined => callers.get(request);
}

/** What a request says of who asks. */
export function credentialsOf({ headers }: FastifyRequest): Credentials {
  return { authorization: headers.authorization, cookie: headers.cookie };
}
