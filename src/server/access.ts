import type { Caller, CallerReview } from '../kube/endpoint/caller-review.ts';
import type { ResourceAttributes } from '../kube/endpoint/reviews.ts';
import { serverError } from './errors.ts';
import { type ApiResource, attributesOf } from './resources.ts';

/** Reads are decided here, by what the API server says; writes by the API server itself. */
export interface Access {
  /** Whose a token of Kubernetes is. Errors: Unauthenticated, Unavailable. */
  identify(token: string): Promise<Caller>;
  /** Errors: Forbidden, Unavailable. */
  require(caller: Caller, attributes: ResourceAttributes): Promise<void>;
  /** Errors: Unavailable. */
  may(caller: Caller, attributes: ResourceAttributes): Promise<boolean>;
  /**
   * Which objects of a resource the caller may list (or watch): all, or those of some namespaces. Errors: Forbidden when that is
   * nothing at all, or the caller would have to be asked about too many namespaces; Unavailable.
   */
  scope(
    caller: Caller,
    resource: ApiResource,
    verb: 'list' | 'watch',
    namespaces: () => ReadonlySet<string>,
  ): Promise<Scope>;
}

/** True for the namespaces whose objects may be read. */
export type Scope = 'All' | ReadonlySet<string>;

/** More namespaces than these need a right to all of them, or are asked for one by one. */
const mostNamespaces = 500;
const atOnce = 16;

export function createAccess(review: CallerReview): Access {
  async function may(caller: Caller, attributes: ResourceAttributes): Promise<boolean> {
    const verdict = await review.mayDo(caller, attributes);
    if (verdict === 'Unknown') {
      throw serverError('Unavailable', 'the API server cannot be asked what you may do', {
        retryAfterSeconds: 1,
      });
    }
    return verdict === 'Allowed';
  }

  return {
    may,
    async identify(token) {
      const identity = await review.identify(token);
      if (identity.kind === 'Known') return identity.caller;
      if (identity.kind === 'Unauthenticated') {
        throw serverError(
          'Unauthenticated',
          'the API server does not know this token: it has expired, or is for another cluster or audience',
        );
      }
      throw serverError('Unavailable', 'the API server cannot be asked who you are', {
        retryAfterSeconds: 1,
      });
    },
    async require(caller, attributes) {
      if (await may(caller, attributes)) return;
      throw forbidden(caller, attributes);
    },
    async scope(caller, resource, verb, namespaces) {
      const everywhere = attributesOf(resource, verb);
      if (await may(caller, everywhere)) return 'All';
      const candidates = resource.kind.namespaced ? [...namespaces()] : [];
      if (!resource.kind.namespaced || candidates.length > mostNamespaces)
        throw forbidden(caller, everywhere);
      const allowed = new Set<string>();
      for (let from = 0; from < candidates.length; from += atOnce) {
        await Promise.all(
          candidates.slice(from, from + atOnce).map(async (namespace) => {
            if (await may(caller, attributesOf(resource, verb, { namespace }))) allowed.add(namespace);
          }),
        );
      }
      return allowed;
    },
  };
}

function forbidden({ user }: Caller, { verb, group, resource, namespace, name }: ResourceAttributes) {
  const what = `${verb} ${resource}.${group}${name === undefined ? '' : `/${name}`}`;
  const where = namespace === undefined ? 'in the whole cluster' : `in the namespace ${namespace}`;
  return serverError('Forbidden', `${user.username} may not ${what} ${where}: a role of RBAC is needed`);
}
