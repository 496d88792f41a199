import { queryOptions } from '@tanstack/react-query';
import { request, send } from './client.ts';
import type { Noun } from './resources.ts';

/** What may be done with a kind of resource. */
export type Right = 'list' | 'watch' | 'create' | 'replace' | 'patch' | 'delete';

/** Who is signed in, and what they may do; docs/guides/sign-in.md. */
export interface Session {
  user: { name: string; groups: string[] };
  by: 'Token' | 'Session' | 'ApiKey';
  session?: { method: string; expiresAt: string; idleExpiresAt: string };
  /** For buttons; what may be done is decided when it is done. */
  rights: Partial<Record<Noun, Right[]>>;
}

/** Shows that a write comes from this page: no page of another origin can send it. */
export const sameOriginHeader = ['x-metalwright-request', '1'] as const;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => request<Session>('/session', { signal }),
  staleTime: 5 * 60_000,
  retry: false,
});

/** Begins a session of this browser with a token that the cluster knows. */
export async function signInWithToken(token: string): Promise<void> {
  await send('/session', { method: 'POST', body: { token } });
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await send('/session', { method: 'DELETE' });
}

/** Whether the user may do this, as far as is known: where nothing is known, the server is asked by doing it. */
export function may(session: Session | undefined, right: Right, noun: Noun): boolean {
  return session?.rights[noun]?.includes(right) ?? true;
}
