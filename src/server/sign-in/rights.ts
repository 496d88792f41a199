import { group } from '../../api/meta.ts';
import type { Caller } from '../../kube/endpoint/caller-review.ts';
import type { Access } from '../access.ts';
import { type ApiResource, apiResources } from '../resources.ts';

/** What may be asked of a resource: reading, and RBAC's names of what the API calls otherwise. */
const rbacVerbs = {
  list: 'list',
  watch: 'watch',
  create: 'create',
  replace: 'update',
  patch: 'patch',
  delete: 'delete',
} as const;
type Right = keyof typeof rbacVerbs;

/** What a caller may do with each resource, by its noun: `list`, `watch` and the verbs that the resource has. */
export type Rights = Record<string, Right[]>;

/** Resources that are asked about at once; up to six questions each. */
const atOnce = 4;

/**
 * What the buttons of a page need to know: the whole cluster's rights, or those in one namespace. A hint: what may be done is
 * decided when it is done. Errors: Unavailable.
 */
export async function rightsOf(
  access: Pick<Access, 'may'>,
  caller: Caller,
  namespace: string | undefined,
): Promise<Rights> {
  const may = (verb: string, resource: string, within?: string): Promise<boolean> =>
    access.may(caller, { verb, group, resource, ...(within === undefined ? {} : { namespace: within }) });
  const all = (): [string, Right[]][] => apiResources.map((resource) => [resource.noun, verbsOf(resource)]);
  // Administrators are many of those who ask, and need one question.
  if (await may('*', '*')) return Object.fromEntries(all());
  const found = new Map<string, Right[]>();
  const queue = apiResources.values();
  const work = async (): Promise<void> => {
    for (const resource of queue) {
      const { kind, noun } = resource;
      const within = kind.namespaced ? namespace : undefined;
      const verbs = verbsOf(resource);
      const answers = await Promise.all(verbs.map((verb) => may(rbacVerbs[verb], kind.plural, within)));
      found.set(
        noun,
        verbs.filter((_verb, at) => answers[at]),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return Object.fromEntries(apiResources.map(({ noun }) => [noun, found.get(noun) ?? []]));
}

function verbsOf({ verbs }: ApiResource): Right[] {
  return ['list', 'watch', ...verbs];
}
