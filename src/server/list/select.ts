import { isRecord } from '../../kube/json.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { FieldPath } from './paths.ts';

/** Which members of a value are wanted. */
interface Wanted {
  whole: boolean;
  members: Map<string, Wanted>;
}

/** What names an object is always among its fields. */
const identity: readonly FieldPath[] = [
  ['apiVersion'],
  ['kind'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'uid'],
  ['metadata', 'resourceVersion'],
];

/**
 * Takes some fields of objects, and what names them. In arrays, the fields of every element; a list of conditions is a map by their
 * types: `status.conditions.Ready` is that condition alone.
 */
export function createSelection(paths: readonly FieldPath[]): (object: KubeObject) => unknown {
  const wanted = nothing();
  for (const path of [...identity, ...paths]) add(wanted, path);
  return (object) => pick(object, wanted);
}

function nothing(): Wanted {
  return { whole: false, members: new Map() };
}

function add(wanted: Wanted, path: FieldPath): void {
  let at = wanted;
  for (const step of path) {
    const next = at.members.get(step) ?? nothing();
    at.members.set(step, next);
    at = next;
  }
  at.whole = true;
}

function pick(value: unknown, wanted: Wanted): unknown {
  if (wanted.whole) return value;
  if (Array.isArray(value)) {
    // Texts and numbers have no fields; an element without the field keeps its place.
    if (!value.every((element: unknown) => isRecord(element) || Array.isArray(element))) return undefined;
    return value.map((element: unknown) => pick(element, wanted) ?? {});
  }
  if (!isRecord(value)) return undefined;
  const picked: Record<string, unknown> = {};
  let some = false;
  for (const [name, of] of wanted.members) {
    if (!Object.hasOwn(value, name)) continue;
    const member = value[name];
    const inner =
      name === 'conditions' && Array.isArray(member) && !of.whole
        ? pickConditions(member, of)
        : pick(member, of);
    if (inner === undefined) continue;
    picked[name] = inner;
    some = true;
  }
  return some ? picked : undefined;
}

/** Types of conditions begin with a capital, their fields do not. */
const typeName = /^[A-Z]/;

function pickConditions(conditions: readonly unknown[], wanted: Wanted): unknown {
  const fields = [...wanted.members].filter(([name]) => !typeName.test(name));
  if (fields.length === wanted.members.size) return pick(conditions, wanted);
  return conditions.flatMap((condition) => {
    const type = isRecord(condition) && typeof condition.type === 'string' ? condition.type : '';
    const own = wanted.members.get(type);
    if (own === undefined && fields.length === 0) return [];
    if (own?.whole === true) return [condition];
    const of: Wanted = { whole: false, members: new Map([...fields, ...(own?.members ?? [])]) };
    // Which one it is has to be seen.
    if (own !== undefined) of.members.set('type', { whole: true, members: new Map() });
    return [pick(condition, of) ?? {}];
  });
}
