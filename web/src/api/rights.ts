import { queryOptions, useQuery } from '@tanstack/react-query';
import { request } from './client.ts';
import type { Noun } from './resources.ts';

export type Verb = 'list' | 'watch' | 'create' | 'replace' | 'patch' | 'delete';

interface Rights {
  rights: Partial<Record<Noun, readonly Verb[]>>;
}

/** What the user may do: everywhere, or in a namespace. */
export function rightsQuery(namespace?: string) {
  return queryOptions({
    queryKey: ['rights', namespace ?? ''] as const,
    queryFn: ({ signal }) => request<Rights>('/session', { query: { namespace }, signal }),
    staleTime: 60_000,
    retry: false,
  });
}

/**
 * Why the user may not do something, in a sentence; undefined when they may, or when that is not known: the server decides in the end.
 * For `disabledBecause` of buttons.
 */
export function useForbidden(verb: Verb, noun: Noun, namespace?: string): string | undefined {
  const { data } = useQuery(rightsQuery(namespace));
  return forbiddenReason(data?.rights, verb, noun, namespace);
}

/** As {@link useForbidden}, of rights that are there. */
export function forbiddenReason(
  rights: Rights['rights'] | undefined,
  verb: Verb,
  noun: Noun,
  namespace?: string,
): string | undefined {
  if (rights === undefined || rights[noun]?.includes(verb) === true) return undefined;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return `You have no right to ${words[verb]} ${noun.replaceAll('-', ' ')}${where}.`;
}

const words: Readonly<Record<Verb, string>> = {
  list: 'list',
  watch: 'watch',
  create: 'create',
  replace: 'replace',
  patch: 'change',
  delete: 'delete',
};
