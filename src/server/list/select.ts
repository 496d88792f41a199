import { isRecord } from '../../kube/json.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { FieldPath } from './paths.ts';

/** Some fields of an object; what names it is always among them. In arrays, the fields of every element. */
export function selectFields(object: KubeObject, paths: readonly FieldPath[]): unknown {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid, resourceVersion } = metadata;
  const chosen = paths.reduce<unknown>((sofar, path) => merge(sofar, pick(object, path)), {});
  return merge(chosen, {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion },
  });
}

function pick(value: unknown, path: FieldPath): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(value)) {
    // Texts and numbers have no fields; an element without the field keeps its place.
    if (!value.every((element: unknown) => isRecord(element) || Array.isArray(element))) return undefined;
    return value.map((element: unknown) => pick(element, path) ?? {});
  }
  if (!isRecord(value) || !Object.hasOwn(value, step)) return undefined;
  const inner = pick(value[step], rest);
  return inner === undefined ? undefined : { [step]: inner };
}

function merge(a: unknown, b: unknown): unknown {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (Array.isArray(a) && Array.isArray(b))
    return a.map((element: unknown, index) => merge(element, b[index]));
  if (!isRecord(a) || !isRecord(b)) return a;
  const merged: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) merged[name] = merge(merged[name], value);
  return merged;
}
