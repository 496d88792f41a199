import type { Caller } from '../kube/endpoint/caller-review.ts';
import type { UserWrites } from '../kube/impersonation.ts';
import type { Timers } from '../kube/timers.ts';
import type { Logger } from '../log/logger.ts';
import type { Access } from './access.ts';
import type { Caches } from './caches.ts';
import type { Idempotency } from './idempotency.ts';
import type { Cursors } from './list/cursor.ts';

/** What the routes work with; made once in `src/bin/server.ts`. */
export interface ServerDeps {
  access: Access;
  caches: Caches;
  cursors: Cursors;
  idempotency: Idempotency;
  /** Writes with the rights of the caller, and in their name. */
  writesOf(caller: Caller): UserWrites;
  log: Logger;
  timers: Timers;
}
