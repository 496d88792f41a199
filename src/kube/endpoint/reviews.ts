import { isRecord, stringMember } from '../json.ts';
import type { KubeObject, Resource } from '../resource.ts';

/** Who somebody is, as the API server says (`authentication.k8s.io/v1` UserInfo). */
export interface UserInfo {
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** `authentication.k8s.io/v1` TokenReview. */
export interface TokenReview extends KubeObject {
  spec: { token: string; audiences?: readonly string[] };
  status?: { authenticated: boolean; audiences: readonly string[]; user: UserInfo };
}

/** What somebody wants to do with a resource (`authorization.k8s.io/v1` ResourceAttributes). */
export interface ResourceAttributes {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/** `authorization.k8s.io/v1` SubjectAccessReview. */
export interface SubjectAccessReview extends KubeObject {
  spec: {
    user: string;
    uid?: string;
    groups?: readonly string[];
    extra?: Readonly<Record<string, readonly string[]>>;
    nonResourceAttributes?: { path: string; verb: string };
    resourceAttributes?: ResourceAttributes;
  };
  status?: { allowed: boolean };
}

export const tokenReviews: Resource<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
  parse(raw) {
    const status = isRecord(raw) ? raw.status : undefined;
    const user = isRecord(status) ? status.user : undefined;
    const authenticated =
      isRecord(status) && status.authenticated === true && stringMember(status, 'error') === undefined;
    return {
      ...nameless('authentication.k8s.io/v1', 'TokenReview'),
      spec: { token: '' },
      status: {
        authenticated: authenticated && (stringMember(user, 'username') ?? '') !== '',
        audiences: textsOf(isRecord(status) ? status.audiences : undefined),
        user: userOf(user),
      },
    };
  },
};

export const subjectAccessReviews: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
  parse(raw) {
    const status = isRecord(raw) ? raw.status : undefined;
    return {
      ...nameless('authorization.k8s.io/v1', 'SubjectAccessReview'),
      spec: { user: '' },
      status: { allowed: isRecord(status) && status.allowed === true && status.denied !== true },
    };
  },
};

/** Reviews are not stored and have no name. */
function nameless(apiVersion: string, kind: string): KubeObject {
  return { apiVersion, kind, metadata: { name: '' } };
}

function userOf(raw: unknown): UserInfo {
  const uid = stringMember(raw, 'uid');
  const extra = isRecord(raw) && isRecord(raw.extra) ? raw.extra : {};
  return {
    username: stringMember(raw, 'username') ?? '',
    ...(uid === undefined ? {} : { uid }),
    groups: textsOf(isRecord(raw) ? raw.groups : undefined),
    extra: Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, textsOf(value)])),
  };
}

function textsOf(raw: unknown): string[] {
  return Array.isArray(raw) ? raw.filter((text): text is string => typeof text === 'string') : [];
}
