import { createHash } from 'node:crypto';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { KubeClient } from '../client.ts';
import { systemTimers, type Timers } from '../timers.ts';
import type { Access } from './access-review.ts';
import { createRemembered } from './remembered.ts';
import { type ResourceAttributes, subjectAccessReviews, tokenReviews, type UserInfo } from './reviews.ts';

/** Somebody whose token the API server knows. */
export interface Caller {
  user: UserInfo;
  /** SHA-256 of the token: what is remembered of a caller is remembered of this token alone. */
  tokenHash: string;
}

/** Who the bearer of a token is, or why that cannot be said. */
export type Identity = { kind: 'Known'; caller: Caller } | { kind: 'Unauthenticated' } | { kind: 'Unknown' };

/** What the API server says of callers and of what they may do. */
export interface CallerReview {
  /** By TokenReview. */
  identify(token: string): Promise<Identity>;
  /** By SubjectAccessReview. */
  mayDo(caller: Caller, attributes: ResourceAttributes): Promise<Exclude<Access, 'Unauthenticated'>>;
}

export interface CallerReviewOptions {
  client: Pick<KubeClient, 'create'>;
  log: Logger;
  /** Tokens must be for one of them. None: for the API server's own. */
  audiences?: readonly string[] | undefined;
  timers?: Timers | undefined;
  /** How long a yes is believed, in milliseconds. Default 10,000. */
  believeMs?: number | undefined;
  /** How long a no is believed: shorter, for whoever was just given a right. Default 2,000. */
  disbelieveMs?: number | undefined;
}

/** Strangers choose the tokens; one caller may ask about many namespaces. */
const tokenLimits = { answers: 2_000, questions: 64 };
const accessLimits = { answers: 20_000, questions: 128 };

/** Whatever goes wrong lets nobody in, and is not remembered. Tokens are remembered as hashes only. */
export function createCallerReview(options: CallerReviewOptions): CallerReview {
  const { client, log, audiences = [], timers = systemTimers } = options;
  const { believeMs = 10_000, disbelieveMs = 2_000 } = options;
  const identities = createRemembered<Identity>(timers, tokenLimits);
  const accesses = createRemembered<'Allowed' | 'Forbidden' | 'Unknown'>(timers, accessLimits);

  async function review(token: string, tokenHash: string): Promise<Identity> {
    const spec = audiences.length === 0 ? { token } : { token, audiences: [...audiences] };
    const { status } = await client.create(tokenReviews, { metadata: {}, spec });
    if (status?.authenticated !== true) return { kind: 'Unauthenticated' };
    // An API server that knows nothing of audiences answers without them: such a token may be for anybody.
    const meant = audiences.length === 0 || status.audiences.some((audience) => audiences.includes(audience));
    if (!meant) return { kind: 'Unauthenticated' };
    return { kind: 'Known', caller: { user: status.user, tokenHash } };
  }

  return {
    async identify(token) {
      const tokenHash = createHash('sha256').update(token).digest('hex');
      const identity = await identities.get(tokenHash, async () => {
        try {
          const value = await review(token, tokenHash);
          return { value, believeMs: value.kind === 'Known' ? believeMs : disbelieveMs };
        } catch (error) {
          log.warn({ error: messageOf(error) }, 'the API server cannot be asked whose a token is: refused');
          return { value: { kind: 'Unknown' }, believeMs: 0 };
        }
      });
      return identity ?? { kind: 'Unknown' };
    },
    async mayDo({ user, tokenHash }, attributes) {
      const { verb, group, resource, subresource = '', namespace = '', name = '' } = attributes;
      const key = [tokenHash, verb, group, resource, subresource, namespace, name].join(' ');
      const access = await accesses.get(key, async () => {
        try {
          const { username, ...who } = user;
          const spec = { user: username, ...who, resourceAttributes: attributes };
          const { status } = await client.create(subjectAccessReviews, { metadata: {}, spec });
          if (status?.allowed === true) return { value: 'Allowed', believeMs };
          return { value: 'Forbidden', believeMs: disbelieveMs };
        } catch (error) {
          log.warn({ error: messageOf(error) }, 'the API server cannot be asked about rights: refused');
          return { value: 'Unknown', believeMs: 0 };
        }
      });
      return access ?? 'Unknown';
    },
  };
}
