import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { withoutNulls } from '../database.ts';
import type { PgliteAnswer, PgliteRequest, PgliteStart } from './messages.ts';

/** PGlite computes while it works: in a thread of its own it holds nobody up. */
async function work(port: NonNullable<typeof parentPort>, { directory }: PgliteStart): Promise<void> {
  const answer = (message: PgliteAnswer): void => port.postMessage(message);
  let database: PGlite;
  try {
    database = await PGlite.create(directory === undefined ? {} : { dataDir: directory });
    await database.exec("SET TIME ZONE 'UTC'");
    answer({ id: 0 });
  } catch (error) {
    answer({ id: 0, failure: failureOf(error) });
    return;
  }
  let turn: Promise<void> = Promise.resolve();
  port.on('message', (request: PgliteRequest) => {
    turn = turn.then(async () => {
      try {
        answer({ id: request.id, ...(await carryOut(database, request)) });
      } catch (error) {
        answer({ id: request.id, failure: failureOf(error) });
      }
    });
  });
}

async function carryOut(database: PGlite, request: PgliteRequest): Promise<Omit<PgliteAnswer, 'id'>> {
  switch (request.do) {
    case 'query': {
      const values = request.parameters.map((value) => value ?? null);
      const { rows } = await database.query<object>(request.sql, values);
      return { rows: rows.map(withoutNulls) };
    }
    case 'script':
      await database.exec(request.sql);
      return {};
    case 'dump': {
      const file = await database.dumpDataDir('gzip');
      return { dump: new Uint8Array(await file.arrayBuffer()) };
    }
    case 'close':
      await database.close();
      return {};
  }
}

function failureOf(error: unknown): { message: string; code: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { message, code: error instanceof Error && 'code' in error ? String(error.code) : '' };
}

if (parentPort !== null) await work(parentPort, workerData);
