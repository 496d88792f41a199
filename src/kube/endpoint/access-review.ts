import { createHash } from 'node:crypto';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { KubeClient } from '../client.ts';
import { isRecord, stringMember } from '../json.ts';
import type { KubeObject, Resource } from '../resource.ts';
import { systemTimers, type Timers } from '../timers.ts';

/** What the API server says of a caller. */
export type Access =
  | 'Allowed'
  /** The token is none that it knows. */
  | 'Unauthenticated'
  /** It knows whose it is, and they may not. */
  | 'Forbidden'
  /** It could not be asked: nobody gets in. */
  | 'Unknown';

/** Asks the API server whether the bearer of a token may read a path (a non-resource URL). */
export type AccessReview = (token: string, path: string) => Promise<Access>;

export interface AccessReviewOptions {
  client: Pick<KubeClient, 'create'>;
  log: Logger;
  timers?: Timers | undefined;
  /** How long an answer is believed. Default 10 s. */
  believeMs?: number | undefined;
  /** Questions under way at once; beyond it the answer is Unknown. Default 16. */
  mostAtOnce?: number | undefined;
}

/** Answers that are remembered; strangers choose the tokens. */
const mostRemembered = 1_000;

/** `authentication.k8s.io/v1` TokenReview. */
interface TokenReview extends KubeObject {
  spec: { token: string };
  status?: { authenticated: boolean; user: User };
}

interface User {
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** `authorization.k8s.io/v1` SubjectAccessReview of a non-resource URL. */
interface SubjectAccessReview extends KubeObject {
  spec: {
    user: string;
    uid?: string;
    groups?: readonly string[];
    extra?: Readonly<Record<string, readonly string[]>>;
    nonResourceAttributes: { path: string; verb: string };
  };
  status?: { allowed: boolean };
}

const tokenReviews: Resource<TokenReview> = {
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
        authenticated: authenticated && stringMember(user, 'username') !== undefined,
        user: userOf(user),
      },
    };
  },
};

const subjectAccessReviews: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
  parse(raw) {
    const status = isRecord(raw) ? raw.status : undefined;
    return {
      ...nameless('authorization.k8s.io/v1', 'SubjectAccessReview'),
      spec: { user: '', nonResourceAttributes: { path: '', verb: '' } },
      status: { allowed: isRecord(status) && status.allowed === true && status.denied !== true },
    };
  },
};

/** Reviews are not stored and have no name. */
function nameless(apiVersion: string, kind: string): KubeObject {
  return { apiVersion, kind, metadata: { name: '' } };
}

function userOf(raw: unknown): User {
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

/** TokenReview, then SubjectAccessReview; whatever goes wrong lets nobody in. Tokens are remembered as hashes only. */
export function createAccessReview(options: AccessReviewOptions): AccessReview {
  const { client, log, timers = systemTimers, believeMs = 10_000, mostAtOnce = 16 } = options;
  const remembered = new Map<string, { access: Access; until: number }>();
  const asking = new Map<string, Promise<Access>>();

  async function ask(token: string, path: string): Promise<Access> {
    try {
      const review = await client.create(tokenReviews, { metadata: {}, spec: { token } });
      if (review.status?.authenticated !== true) return 'Unauthenticated';
      const { username: user, ...who } = review.status.user;
      const spec = { user, ...who, nonResourceAttributes: { path, verb: 'get' } };
      const access = await client.create(subjectAccessReviews, { metadata: {}, spec });
      if (access.status?.allowed !== true) log.info({ user, path }, 'a caller was refused');
      return access.status?.allowed === true ? 'Allowed' : 'Forbidden';
    } catch (error) {
      log.warn({ path, error: messageOf(error) }, 'the API server cannot be asked about a caller: refused');
      return 'Unknown';
    }
  }

  function remember(key: string, access: Access): void {
    if (access === 'Unknown') return;
    remembered.delete(key);
    remembered.set(key, { access, until: timers.monotonic() + believeMs });
    for (const oldest of remembered.keys()) {
      if (remembered.size <= mostRemembered) break;
      remembered.delete(oldest);
    }
  }

  return async (token, path) => {
    const key = `${createHash('sha256').update(token).digest('hex')} ${path}`;
    const known = remembered.get(key);
    if (known !== undefined && timers.monotonic() < known.until) return known.access;
    const running = asking.get(key);
    if (running !== undefined) return running;
    if (asking.size >= mostAtOnce) return 'Unknown';
    const question = ask(token, path).finally(() => asking.delete(key));
    asking.set(key, question);
    const access = await question;
    remember(key, access);
    return access;
  };
}
