import { z } from 'zod';

/** What etcd holds: each key with the revision in which it was last written. */
export type Keys = ReadonlyMap<string, string>;

const Range = z.object({
  kvs: z.array(z.object({ key: z.string(), mod_revision: z.string() })).default([]),
});

const everything = '/registry/';
/** etcd takes no more operations in one transaction. */
const mostOperations = 128;

/** The keys of the API server. @param url of etcd's JSON gateway (grpc-gateway), plain HTTP on loopback */
export async function readKeys(url: string): Promise<Keys> {
  const answer = await call(url, 'range', {
    key: encoded(everything),
    range_end: encoded('/registry0'),
    keys_only: true,
  });
  return new Map(Range.parse(answer).kvs.map(({ key, mod_revision }) => [decoded(key), mod_revision]));
}

/** Takes keys away behind the API server's back: its caches see it as they see any deletion. */
export async function deleteKeys(url: string, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += mostOperations) {
    const some = keys.slice(from, from + mostOperations);
    await call(url, 'txn', {
      success: some.map((key) => ({ request_delete_range: { key: encoded(key) } })),
    });
  }
}

async function call(url: string, operation: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${url}/v3/kv/${operation}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok)
    throw new Error(`etcd answers ${response.status} to ${operation}: ${await response.text()}`);
  return response.json();
}

function encoded(key: string): string {
  return Buffer.from(key).toString('base64');
}

function decoded(key: string): string {
  return Buffer.from(key, 'base64').toString();
}
