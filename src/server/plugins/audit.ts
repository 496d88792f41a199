import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord, stringMember } from '../../kube/json.ts';
import { sleep, type Timers } from '../../kube/timers.ts';
import { rowId } from '../../store/row-id.ts';
import type { AuditRow } from '../../store/tables/audit.ts';
import type { HistoryRow } from '../../store/tables.ts';
import { textOf } from '../history/rows/object.ts';
import type { SignedIn } from '../sign-in/identify.ts';

/** Where the audit goes to. */
export interface AuditSink {
  record(rows: readonly HistoryRow[]): void;
  /** Resolves when what was recorded is on disk. */
  onDisk(): Promise<void>;
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'replace',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** An answer waits so long for its audit to be on disk. */
const patienceMs = 2_000;
const mostNames = 500;
/** Characters of what a client calls itself. */
const mostOfAgent = 200;

/** Keeps who wrote what and what came of it, before the answer leaves. What nobody could be found to have sent is no write. */
export function auditWrites(
  app: FastifyInstance,
  {
    sink,
    callerOf,
    timers,
  }: {
    sink: AuditSink;
    callerOf(request: FastifyRequest): SignedIn | undefined;
    timers: Timers;
  },
): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const verb = verbs[request.method];
    const signedIn = callerOf(request);
    const { config } = request.routeOptions;
    const noun = 'noun' in config && typeof config.noun === 'string' ? config.noun : undefined;
    if (verb === undefined || signedIn === undefined || noun === undefined) return;
    const body = typeof payload === 'string' && payload.startsWith('{') ? jsonOf(payload) : undefined;
    const { username } = signedIn.caller.user;
    const row = rowOf(request, reply, { verb, noun, username, body, by: signedIn.by });
    const rows: HistoryRow[] = [{ table: 'audit', row }];
    if (noun === 'allocations' && row.outcome === 'Done' && row.dry_run !== true)
      rows.push(...ownerRows(verb, username, body));
    sink.record(rows);
    const waiting = new AbortController();
    await Promise.race([sink.onDisk(), sleep(timers, patienceMs, waiting.signal)]);
    waiting.abort();
  });
}

function rowOf(
  request: FastifyRequest,
  { statusCode, elapsedTime }: Pick<FastifyReply, 'statusCode' | 'elapsedTime'>,
  {
    verb,
    noun,
    username,
    body,
    by,
  }: { verb: string; noun: string; username: string; body: unknown; by: SignedIn['by'] },
): AuditRow {
  const isFailure = statusCode >= 400;
  const named = isFailure ? request.body : body;
  return {
    at: new Date().toISOString(),
    id: randomUUID(),
    username,
    verb,
    resource: noun,
    namespace: textOf(request.params, 'namespace') ?? textOf(named, 'metadata', 'namespace'),
    name: textOf(request.params, 'name') ?? textOf(named, 'metadata', 'name'),
    path: request.url.split('?', 1)[0] ?? '',
    dry_run: textOf(request.query, 'dryRun') === 'true',
    status: statusCode,
    outcome: isFailure ? (textOf(body, 'code') ?? 'Failed') : 'Done',
    message: isFailure ? textOf(body, 'detail') : undefined,
    request_id: request.id,
    duration_ms: Math.round(elapsedTime),
    details: { ...detailsOf(request), from: fromOf(request, by) },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where it came from: the address, as far as proxies are trusted to say it, how it was signed in, and what the client calls itself. */
function fromOf({ ip, headers }: FastifyRequest, by: SignedIn['by']): Record<string, string> {
  const agent = headers['user-agent'];
  return { address: ip, by, ...(agent === undefined ? {} : { agent: agent.slice(0, mostOfAgent) }) };
}

/** Which machines an order was for, and which order: never values, which may be anything. */
function detailsOf({ body }: FastifyRequest): Record<string, unknown> | undefined {
  if (!isRecord(body)) return undefined;
  const spec = isRecord(body.spec) ? body.spec : body;
  const names = Array.isArray(body.names) ? body.names.filter((name) => typeof name === 'string') : [];
  const details = {
    ...(names.length === 0 ? {} : { names: names.slice(0, mostNames) }),
    ...(typeof spec.action === 'string' ? { action: spec.action.slice(0, 64) } : {}),
    ...(typeof spec.machine === 'string' ? { machine: spec.machine.slice(0, 253) } : {}),
    ...(isRecord(body.spec) ? { fields: Object.keys(body.spec).slice(0, 64) } : {}),
  };
  return Object.keys(details).length === 0 ? undefined : details;
}

/** Who made an Allocation, or gave it back: only here it is known. */
function ownerRows(verb: string, username: string, body: unknown): HistoryRow[] {
  const metadata = isRecord(body) && isRecord(body.metadata) ? body.metadata : {};
  const [uid, namespace, name, at] = ['uid', 'namespace', 'name', 'creationTimestamp'].map((member) =>
    stringMember(metadata, member),
  );
  if (uid === undefined || namespace === undefined || name === undefined || at === undefined) return [];
  const version = Number(stringMember(metadata, 'resourceVersion'));
  const who =
    verb === 'create' ? { created_by: username } : verb === 'delete' ? { deleted_by: username } : undefined;
  if (who === undefined) return [];
  const row = {
    ...{ at, id: rowId('allocation', uid), namespace, name },
    version: Number.isSafeInteger(version) ? version : 0,
    ...who,
  };
  return [{ table: 'allocations', row }];
}
