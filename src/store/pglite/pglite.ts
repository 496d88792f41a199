import { mkdir } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Database, Parameter, Queries } from '../database.ts';
import { type StoreError, storeError, storeErrorOf } from '../errors.ts';
import type { PgliteAnswer, PgliteRequest, PgliteStart } from './messages.ts';

export interface PgliteOptions {
  /** Where the data lies; nobody else may have it open. Undefined: in memory. */
  directory?: string | undefined;
  /** How long a caller waits for a statement, in milliseconds. PGlite cannot break one off: it goes on without its caller. */
  statementTimeoutMs?: number | undefined;
}

type Asked = PgliteRequest extends infer Request
  ? Request extends { id: number }
    ? Omit<Request, 'id'>
    : never
  : never;

/** PGlite in a thread of its own. Errors: Unavailable, when the directory cannot be opened. */
export async function openPglite(options: PgliteOptions = {}): Promise<Database> {
  const { directory, statementTimeoutMs = 5_000 } = options;
  if (directory !== undefined) await mkdir(directory, { recursive: true, mode: 0o700 });
  const start: PgliteStart = { directory };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start });
  const waiting = new Map<number, PromiseWithResolvers<PgliteAnswer>>();
  let last = 0;
  let ended: StoreError | undefined;

  function end(reason: StoreError): void {
    ended ??= reason;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  }

  function expect(id: number): Promise<PgliteAnswer> {
    const answer = Promise.withResolvers<PgliteAnswer>();
    if (ended !== undefined) answer.reject(ended);
    else waiting.set(id, answer);
    return answer.promise;
  }

  worker.on('message', (answer: PgliteAnswer) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });
  worker.on('error', (error) => end(storeError('Unavailable', 'PGlite ended', { cause: error })));
  worker.on('exit', () => end(storeError('Unavailable', 'PGlite ended')));

  async function ask(request: Asked): Promise<PgliteAnswer> {
    last += 1;
    const promise = expect(last);
    if (ended === undefined) worker.postMessage({ ...request, id: last });
    return checked(await promise);
  }

  const connection: Queries = {
    async query(sql: string, parameters: readonly Parameter[] = []) {
      return (await ask({ do: 'query', sql, parameters })).rows ?? [];
    },
    async script(sql: string) {
      await ask({ do: 'script', sql });
    },
  };

  /** There is one connection: a transaction has it for itself. */
  let turn: Promise<unknown> = Promise.resolve();
  function alone<R>(work: () => Promise<R>): Promise<R> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  async function within<R>(timeoutMs: number, work: Promise<R>): Promise<R> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(storeError('Timeout', 'PGlite')), timeoutMs);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  try {
    checked(await expect(0));
  } catch (error) {
    await worker.terminate();
    throw error;
  }

  return {
    kind: 'PGlite',
    query: (sql, parameters) =>
      within(
        statementTimeoutMs,
        alone(() => connection.query(sql, parameters)),
      ),
    script: (sql) => alone(() => connection.script(sql)),
    // Whoever writes waits to the end: what it does next depends on what became of it.
    transaction: (work) =>
      alone(async () => {
        await connection.script('BEGIN');
        try {
          const result = await work(connection);
          await connection.script('COMMIT');
          return result;
        } catch (error) {
          await connection.script('ROLLBACK').catch(() => undefined);
          throw storeErrorOf(error);
        }
      }),
    dump: () =>
      alone(async () => {
        const { dump } = await ask({ do: 'dump' });
        if (dump === undefined) throw storeError('Failed', 'the dump of PGlite');
        return dump;
      }),
    async close() {
      if (ended === undefined) await alone(() => ask({ do: 'close' })).catch(() => undefined);
      end(storeError('Unavailable', 'the database was closed'));
      await worker.terminate();
    },
  };
}

function checked(answer: PgliteAnswer): PgliteAnswer {
  const { failure } = answer;
  if (failure === undefined) return answer;
  throw storeErrorOf(Object.assign(new Error(failure.message), { code: failure.code }));
}
