import { useInfiniteQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { pagesQuery } from '../api/queries.ts';
import { useWatch } from '../api/watch/provider.tsx';
import { useNotify } from '../components/notices.tsx';
import { outcomeOf, type Tracked, wordsOfOutcome } from './outcomes.ts';

const TrackContext = createContext<(tracked: Tracked) => void>(() => undefined);

/** Follows orders that were given here, on whatever page, and says how they ended. */
export function OrdersProvider({ children }: { children: ReactNode }) {
  const [tracked, setTracked] = useState<readonly Tracked[]>([]);
  const notify = useNotify();
  const track = useCallback(
    (order: Tracked) => {
      if (order.actions.length === 0) return;
      setTracked((before) => [...before, order]);
      const text = order.actions.length === 1 ? undefined : `For ${order.actions.length} machines.`;
      notify({ tone: 'busy', title: `${order.label}: ordered`, text });
    },
    [notify],
  );
  const end = useCallback(
    (order: Tracked) => setTracked((before) => before.filter((each) => each !== order)),
    [],
  );
  return (
    <TrackContext value={track}>
      {children}
      {tracked.length === 0 ? undefined : <Follower tracked={tracked} onEnd={end} />}
    </TrackContext>
  );
}

/** Follows an order: a notice says how it ended. */
export function useTrackOrder(): (tracked: Tracked) => void {
  return useContext(TrackContext);
}

/** The latest actions, as many as a page of the API has. */
const latest = pagesQuery('machine-actions', { sort: '-metadata.creationTimestamp', limit: 500 });

function Follower({ tracked, onEnd }: { tracked: readonly Tracked[]; onEnd(order: Tracked): void }) {
  useWatch('machine-actions');
  const { data } = useInfiniteQuery({ ...latest, staleTime: 0 });
  const notify = useNotify();
  useEffect(() => {
    const known = data?.pages.flatMap(({ items }) => items) ?? [];
    for (const order of tracked) {
      const outcome = outcomeOf(order, known);
      if (outcome === undefined) continue;
      notify({ tone: outcome.unhappy.length === 0 ? 'ok' : 'bad', ...wordsOfOutcome(outcome) });
      onEnd(order);
    }
  }, [data, tracked, notify, onEnd]);
  return undefined;
}
