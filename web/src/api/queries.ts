import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { request } from './client.ts';
import { type ListParameters, type Noun, objectPath, type Page, type ResourceTypes } from './resources.ts';

/** The most objects of a page. */
const largestPage = 500;

/** A list page by page, for what may be long. The watch patches it: see `useWatch`. */
export function pagesQuery<N extends Noun>(noun: N, parameters: ListParameters = {}, namespace?: string) {
  return infiniteQueryOptions({
    queryKey: ['pages', noun, { ...parameters, namespace }] as const,
    queryFn: ({ pageParam, signal }) =>
      request<Page<ResourceTypes[N]>>(listPath(noun, namespace), {
        query: { ...parameters, cursor: pageParam },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
}

/** A list as a whole, for kinds of which there are some dozens: pools, zones, racks. The watch patches it. */
export function allQuery<N extends Noun>(noun: N, parameters: ListParameters = {}, namespace?: string) {
  return queryOptions({
    queryKey: ['all', noun, { ...parameters, namespace }] as const,
    queryFn: async ({ signal }) => {
      const items: ResourceTypes[N][] = [];
      let cursor: string | undefined = '';
      while (cursor !== undefined) {
        const page: Page<ResourceTypes[N]> = await request(listPath(noun, namespace), {
          query: { ...parameters, limit: largestPage, cursor },
          signal,
        });
        items.push(...page.items);
        cursor = page.next;
      }
      return items;
    },
  });
}

/** One object. The watch patches it. */
export function objectQuery<N extends Noun>(noun: N, name: string, namespace?: string) {
  return queryOptions({
    queryKey: ['object', noun, namespace ?? '', name] as const,
    queryFn: ({ signal }) => request<ResourceTypes[N]>(objectPath(noun, name, namespace), { signal }),
  });
}

/** Machines by phase, pool and zone. */
export interface Counts {
  machines: {
    total: number;
    byPhase: Record<string, number>;
    byPool: Record<string, number>;
    byZone: Record<string, number>;
  };
}

export const countsQuery = queryOptions({
  queryKey: ['counts', 'machines'] as const,
  queryFn: ({ signal }) => request<Counts>('/counts', { signal }),
});

function listPath(noun: Noun, namespace: string | undefined): string {
  return namespace === undefined ? `/${noun}` : `/namespaces/${encodeURIComponent(namespace)}/${noun}`;
}
