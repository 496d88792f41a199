import { createHash, randomBytes } from 'node:crypto';
import type { UserInfo } from '../../kube/endpoint/reviews.ts';
import type { Timers } from '../../kube/timers.ts';

/** Links that sign in once: for the laboratory, and for whoever has locked themselves out. */
export interface AdminLinks {
  /** A code that is good for one sign-in as this user. */
  issue(user: UserInfo): string;
  /** Whose code it is; it is used up by that. Undefined: used, too old, or made up. */
  redeem(code: string): UserInfo | undefined;
}

const mostLinks = 16;

/** Codes live in this process alone, as hashes. @param lifeMs how long a code is good for */
export function createAdminLinks(timers: Timers, lifeMs = 10 * 60_000): AdminLinks {
  const links = new Map<string, { user: UserInfo; until: number }>();
  const hash = (code: string): string => createHash('sha256').update(code).digest('hex');

  return {
    issue(user) {
      const code = randomBytes(32).toString('base64url');
      links.set(hash(code), { user, until: timers.monotonic() + lifeMs });
      for (const oldest of links.keys()) {
        if (links.size <= mostLinks) break;
        links.delete(oldest);
      }
      return code;
    },
    redeem(code) {
      const id = hash(code);
      const link = links.get(id);
      links.delete(id);
      return link !== undefined && timers.monotonic() < link.until ? link.user : undefined;
    },
  };
}
