import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isPassing, isSignedOut } from './problem.ts';
import { sessionQuery } from './session.ts';

/** The cache of what the server said. The watch keeps lists and objects fresh, so nothing is polled. */
export function createQueryClient(): QueryClient {
  const whenSignedOut = (error: unknown): void => {
    // The frame looks at the session, and shows the way to sign in.
    if (isSignedOut(error)) void client.resetQueries({ queryKey: sessionQuery.queryKey });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== sessionQuery.queryKey[0]) whenSignedOut(error);
      },
    }),
    mutationCache: new MutationCache({ onError: whenSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => isPassing(error) && count < 3,
      },
    },
  });
  return client;
}
