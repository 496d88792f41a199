import type { KubeObject } from '../../kube/resource.ts';

const texts = new WeakMap<KubeObject, string>();

/** An object as JSON: made once for each version of it, for lists and for streams. */
export function textOf(object: KubeObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}
