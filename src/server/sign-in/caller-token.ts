import type { SignedIn } from './identify.ts';

/**
 * The token of Kubernetes that the caller has shown: with the request, or when they signed in. Undefined: they have none, but an API
 * key, or a provider that vouches for them.
 *
 * @param authorization the header of the request
 */
export function callerToken(
  { by, session }: SignedIn,
  authorization: string | undefined,
): string | undefined {
  if (by === 'Session') return session?.token;
  return by === 'Token' ? /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] : undefined;
}
