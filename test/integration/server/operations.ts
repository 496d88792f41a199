import { z } from 'zod';

const Answer = z.looseObject({
  content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })).optional(),
});
const Operation = z.looseObject({ operationId: z.string(), responses: z.record(z.string(), Answer) });
const Document = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

/** One request. */
export interface Call {
  /** What stands in the path: `{ name: 'm-1' }`. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  /** An object as JSON, bytes as they are. */
  body?: object;
  headers?: Record<string, string>;
}

export interface Answered {
  status: number;
  headers: Headers;
  /** Of JSON; undefined: there is none. */
  body: Record<string, unknown> & { items?: unknown };
}

/** The operations of a served document, and which of them have answered as the document says. */
export interface Operations {
  /** All that there are. */
  ids: readonly string[];
  reached: ReadonlySet<string>;
  /** Calls one. Throws when the answer is none that the document knows, by its status or by its schema. */
  call(id: string, call?: Call): Promise<Answered>;
  /** Notes that one was reached by other means: a stream, a WebSocket. */
  reach(id: string): string;
}

export async function readOperations(url: string, token: string): Promise<Operations> {
  const authorization = `Bearer ${token}`;
  const response = await fetch(`${url}/api/v1/openapi.json`, { headers: { authorization } });
  const { paths } = Document.parse(await response.json());
  const byId = new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, responses }]) => [
        operationId,
        { path, method: method.toUpperCase(), responses, readers: new Map<number, z.ZodType>() },
      ]),
    ),
  );
  const reached = new Set<string>();

  function find(id: string) {
    const operation = byId.get(id);
    if (operation === undefined) throw new Error(`the document has no operation ${id}`);
    return operation;
  }

  function check(id: string, status: number, body: unknown): void {
    const { responses, readers } = find(id);
    const answer = responses[status];
    if (answer === undefined)
      throw new Error(`${id}: the document has no ${status}: ${JSON.stringify(body)}`);
    const schema = answer.content?.['application/json']?.schema;
    if (schema === undefined) return;
    const reader = readers.get(status) ?? z.fromJSONSchema(schema);
    readers.set(status, reader);
    const { error } = reader.safeParse(body);
    if (error !== undefined) throw new Error(`${id} ${status}: ${z.prettifyError(error)}`);
  }

  return {
    ids: [...byId.keys()],
    reached,
    reach(id) {
      const { path } = find(id);
      reached.add(id);
      return path;
    },
    async call(id, { path = {}, query = {}, body, headers = {} } = {}) {
      const operation = find(id);
      const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) =>
        encodeURIComponent(path[name] ?? ''),
      );
      const asked = new Headers({ authorization, ...headers });
      const bytes = body instanceof Uint8Array ? Buffer.from(body) : undefined;
      if (body !== undefined && !asked.has('content-type')) {
        asked.set('content-type', bytes === undefined ? 'application/json' : 'application/octet-stream');
      }
      const response = await fetch(`${url}${filled}?${new URLSearchParams(query)}`, {
        ...{ method: operation.method, headers: asked, redirect: 'manual' },
        ...(body === undefined ? {} : { body: bytes ?? JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      const parsed = isJson ? JSON.parse(text) : undefined;
      check(id, response.status, parsed);
      if (response.status < 400) reached.add(id);
      return { status: response.status, headers: response.headers, body: parsed };
    },
  };
}
