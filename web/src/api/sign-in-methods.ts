import { queryOptions } from '@tanstack/react-query';
import { request } from './client.ts';
import { ProblemError } from './problem.ts';

/** A way of signing in that the server offers. */
export interface SignInMethod {
  method: 'Token' | 'Oidc';
  /** What people know it by. */
  title: string;
  /** Where the browser goes to; it comes back signed in. */
  path?: string;
}

export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in'] as const,
  queryFn: ({ signal }) => request<{ methods: SignInMethod[] }>('/sign-in', { signal }),
  staleTime: 60_000,
});

/** The longest way back that the server takes along. */
const longestPath = 1024;

/** Where a browser goes to sign in at a provider, and comes back to `to`: a path of this site, with its query. */
export function providerAddress(path: string, to: string): string {
  const isTaken = to.length <= longestPath && /^[\x21-\x7e]*$/.test(to);
  return to === '/' || !isTaken ? path : `${path}?${new URLSearchParams({ to })}`;
}

const refusals = new Map([
  [
    'SignInRefused',
    'The provider or this server did not let you in, or it took too long. Try again; if it stays so, the log of the server says why.',
  ],
  [
    'ProviderUnavailable',
    'The provider of identities cannot be reached. Try again in a while, or sign in with a token.',
  ],
]);

/** What the server says with `/sign-in?problem=CODE` when a way of signing in has failed. */
export function signInProblem(code: string): ProblemError {
  const detail = refusals.get(code) ?? 'Something went wrong on the way. The log of the server says what.';
  return new ProblemError({ title: 'You were not signed in', status: 0, detail, code });
}
