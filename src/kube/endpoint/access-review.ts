import { createHash } from 'node:crypto';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { KubeClient } from '../client.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { subjectAccessReviews, tokenReviews } from './reviews.ts';

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
