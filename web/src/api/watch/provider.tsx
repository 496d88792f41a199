import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { Noun } from '../resources.ts';
import type { StreamState } from './stream.ts';
import { createWatcher, type Watcher } from './watcher.ts';

const WatchContext = createContext<Watcher | undefined>(undefined);

/** Gives the pages below one stream of changes. */
export function WatchProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [watcher] = useState(() => createWatcher(client));
  return <WatchContext value={watcher}>{children}</WatchContext>;
}

function useWatcher(): Watcher {
  const watcher = useContext(WatchContext);
  if (watcher === undefined) throw new Error('there is no WatchProvider above');
  return watcher;
}

/** While the component is shown, lists and objects of these kinds are kept as the server has them. */
export function useWatch(...nouns: Noun[]): void {
  const watcher = useWatcher();
  const text = nouns.join(',');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the nouns, which are a new array each time
  useEffect(() => watcher.add(nouns), [watcher, text]);
}

/** Whether what is shown is live. */
export function useWatchState(): StreamState {
  const watcher = useWatcher();
  return useSyncExternalStore(watcher.subscribe, watcher.state);
}
