import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { request } from '../../api/client.ts';
import { pagesQuery } from '../../api/queries.ts';
import type { Page, ResourceTypes } from '../../api/resources.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { listParameters, type View } from './view.ts';

/** The machines of a view, as far as they are loaded, live. */
export function useMachines(view: View) {
  useWatch('machines');
  const query = useInfiniteQuery({
    ...pagesQuery('machines', listParameters(view)),
    placeholderData: keepPreviousData,
  });
  const { data } = query;
  const machines = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  return { query, machines, total: data?.pages.at(-1)?.total ?? 0 };
}

/** The names of all machines of a view, loaded or not. */
export async function allNames(view: View): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const query = { ...listParameters(view), fields: 'metadata.name', limit: 500, cursor };
    const page: Page<ResourceTypes['machines']> = await request('/machines', { query });
    names.push(...page.items.map(({ metadata }) => metadata.name));
    cursor = page.next;
  }
  return names;
}
