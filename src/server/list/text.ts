import type { KubeObject } from '../../kube/resource.ts';

const texts = new WeakMap<KubeObject, string>();

/** In characters. A longer text is not kept: those are objects that are seldom read, and held small for that. */
const longest = 8_192;

/** An object as JSON: made once for each version of it, for lists and for streams. */
export function textOf(object: KubeObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  if (text.length <= longest) texts.set(object, text);
  return text;
}
