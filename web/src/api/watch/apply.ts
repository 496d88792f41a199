import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { ApiObject, Page } from '../resources.ts';
import { isNewer, latestOfEach, type ObjectChange, patchItems } from './change.ts';

/** Puts changes into everything that is known of their kind: objects, whole lists and pages. */
export function applyChanges(client: QueryClient, changes: readonly ObjectChange[]): void {
  const byNoun = Map.groupBy(latestOfEach(changes), ({ noun }) => noun);
  for (const [noun, ofNoun] of byNoun) {
    for (const change of ofNoun) applyToObject(client, change);
    client.setQueriesData<ApiObject[]>(
      { queryKey: ['all', noun] },
      (items) => items && patchItems(items, ofNoun),
    );
    client.setQueriesData<InfiniteData<Page<ApiObject>>>(
      { queryKey: ['pages', noun] },
      (data) => data && patchPages(data, ofNoun),
    );
  }
}

function applyToObject(client: QueryClient, { type, noun, object }: ObjectChange): void {
  const queryKey = ['object', noun, object.metadata.namespace ?? '', object.metadata.name];
  if (type === 'deleted') {
    void client.invalidateQueries({ queryKey });
    return;
  }
  client.setQueryData<ApiObject>(queryKey, (known) =>
    known !== undefined && isNewer(object, known) ? object : known,
  );
}

/** Pages with changes in them; the total follows what is gone. */
export function patchPages(
  data: InfiniteData<Page<ApiObject>>,
  changes: readonly ObjectChange[],
): InfiniteData<Page<ApiObject>> {
  const items = data.pages.map((page) => patchItems(page.items, changes));
  if (items.every((each, at) => each === data.pages[at]?.items)) return data;
  const gone = data.pages.reduce((sum, page, at) => sum + page.items.length - (items[at]?.length ?? 0), 0);
  const pages = data.pages.map((page, at) => ({
    ...page,
    items: items[at] ?? page.items,
    total: Math.max(0, page.total - gone),
  }));
  return { ...data, pages };
}
