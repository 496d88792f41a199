import { isRecord } from '../../../kube/json.ts';
import type { KubeObject } from '../../../kube/resource.ts';

/** A member of a JSON value; undefined when something on the way is missing. */
export function memberOf(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
}

/** The text at a path; undefined when there is none. */
export function textOf(value: unknown, ...path: string[]): string | undefined {
  const member = memberOf(value, ...path);
  return typeof member === 'string' ? member : undefined;
}

/** What makes an object itself, over its whole life. */
export function uidOf({ kind, metadata }: KubeObject): string {
  return metadata.uid ?? `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** The number of its version; 0 where the API server's are none. */
export function versionOf({ metadata }: KubeObject): number {
  const version = Number(metadata.resourceVersion);
  return Number.isSafeInteger(version) ? version : 0;
}
