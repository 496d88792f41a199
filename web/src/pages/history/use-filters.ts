import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useDebounced } from '../../hooks/use-debounced.ts';
import { type Stretch, stretchOf } from './period.ts';

/** How long nothing is typed before the server is asked, in milliseconds. */
const restMs = 350;

/** What a page of history is filtered by: it is in the address. */
export interface Filters {
  /** The present filter, once it is no longer being typed. */
  settled: Readonly<Record<string, string | undefined>>;
  /** Of the present filter; it stays while pages are read, and moves on with `again`. */
  stretch: Stretch;
  /** An empty text takes a part away. */
  change(changed: Record<string, string>): void;
  /** Asks anew, up to now. */
  again(): void;
}

export function useFilters(search: Readonly<Record<string, string | undefined>>): Filters {
  const navigate = useNavigate();
  const [asked, setAsked] = useState(0);
  const settled = useDebounced(search, restMs);
  const { period, from, to } = settled;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again, time has gone on
  const stretch = useMemo(
    () =>
      stretchOf(
        {
          ...(period === undefined ? {} : { period }),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        },
        Date.now(),
      ),
    [period, from, to, asked],
  );
  return {
    settled,
    stretch,
    change(changed) {
      const kept = Object.entries({ ...search, ...changed }).flatMap(([name, value]) =>
        value === undefined || value === '' ? [] : [[name, value] as const],
      );
      void navigate({ to: '.', search: Object.fromEntries(kept), replace: true });
    },
    again: () => setAsked(asked + 1),
  };
}
