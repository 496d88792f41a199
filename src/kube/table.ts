import type { Dispatcher } from 'undici';
import { decodeJson } from './decode.ts';
import { kubeError } from './errors.ts';
import { isRecord, stringMember } from './json.ts';
import { type KubeObject, type Resource, resourcePath } from './resource.ts';
import { errorOfResponse } from './status.ts';
import type { Transport } from './transport.ts';

/** `meta.k8s.io/v1` Table: a list as the API server itself would print it. */
export interface ServerTable {
  /** priority 0: always shown; above: with `-o wide`. */
  columns: { name: string; priority: number }[];
  /** A cell a column. */
  rows: { namespace: string | undefined; cells: string[] }[];
}

const timeoutMs = 60_000;

const pageSize = 500;

/**
 * A whole list, printed by the API server from its cache: for thousands of objects a tenth of the bytes of the objects themselves.
 *
 * @throws KubeError as a list does
 */
export async function listTable(
  transport: Transport,
  resource: Resource<KubeObject>,
  options: {
    namespace?: string | undefined;
    labelSelector?: string | undefined;
    fieldSelector?: string | undefined;
  },
): Promise<ServerTable> {
  const what = `listing ${resource.plural}`;
  // The namespace of a row is in its object; a cluster-scoped row says all in its cells.
  const parameters = new URLSearchParams({ includeObject: resource.namespaced ? 'Metadata' : 'None' });
  for (const name of ['labelSelector', 'fieldSelector'] as const) {
    const value = options[name];
    if (value !== undefined) parameters.set(name, value);
  }
  const path = resourcePath(resource, { namespace: options.namespace });
  // A first page comes from etcd at once; a whole list from the cache waits up to half a second until it is known to be current,
  // and is many times faster than page after page.
  const page = await fetchTable(transport, what, `${path}?${parameters.toString()}&limit=${pageSize}`);
  return page.isPart ? await fetchTable(transport, what, `${path}?${parameters.toString()}`) : page;
}

async function fetchTable(
  transport: Transport,
  what: string,
  path: string,
): Promise<ServerTable & { isPart: boolean }> {
  const request = {
    method: 'GET',
    path,
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    headersTimeoutMs: timeoutMs,
    bodyTimeoutMs: timeoutMs,
  } as const;
  let response: Dispatcher.ResponseData;
  let text: string;
  try {
    response = await transport.send(request);
    text = await response.body.text();
  } catch (error) {
    throw kubeError(
      'Unavailable',
      `${what} failed (${error instanceof Error ? error.message : String(error)})`,
      {
        cause: error,
      },
    );
  }
  if (response.statusCode !== 200) throw errorOfResponse(what, response.statusCode, text);
  return decodeTable(what, decodeJson(what, text));
}

/** Throws KubeError InvalidResponse. */
export function decodeTable(what: string, raw: unknown): ServerTable & { isPart: boolean } {
  if (!isRecord(raw) || !Array.isArray(raw.columnDefinitions)) {
    throw kubeError('InvalidResponse', `${what} brought something that is no table`);
  }
  const columns = raw.columnDefinitions.map((column: unknown) => ({
    name: stringMember(column, 'name') ?? '',
    priority: isRecord(column) && typeof column.priority === 'number' ? column.priority : 0,
  }));
  const rows: unknown[] = Array.isArray(raw.rows) ? raw.rows : [];
  return {
    isPart: (stringMember(raw.metadata, 'continue') ?? '') !== '',
    columns,
    rows: rows.map((row) => ({
      namespace:
        isRecord(row) && isRecord(row.object) ? stringMember(row.object.metadata, 'namespace') : undefined,
      cells: isRecord(row) && Array.isArray(row.cells) ? row.cells.map(cellText) : [],
    })),
  };
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
