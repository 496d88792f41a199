import { equalJson, isRecord } from './json.ts';

/**
 * Who owns which field, as server-side apply keeps it, in the small: lists are owned as a whole, but for those that several write,
 * whose entries are owned one by one by a key (as the custom resources declare them).
 */
const keyOfList: Readonly<Record<string, string>> = { conditions: 'type', bmcReach: 'rack' };

type Tree = Record<string, unknown>;

/** A field: the member names from the root. */
type Path = readonly string[];

/** Such a list as a record by key, so that the rest needs to know records only. */
function toTree(value: unknown, name?: string): unknown {
  const key = keyOf(name);
  if (Array.isArray(value) && key !== undefined) {
    return Object.fromEntries(
      value.map((each: unknown) => [isRecord(each) ? String(each[key]) : '', toTree(each)]),
    );
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, toTree(each, member)]));
}

function keyOf(name: string | undefined): string | undefined {
  return name !== undefined && Object.hasOwn(keyOfList, name) ? keyOfList[name] : undefined;
}

function fromTree(value: unknown, name?: string): unknown {
  if (!isRecord(value)) return value;
  if (keyOf(name) !== undefined) return Object.values(value).map((each) => fromTree(each));
  return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, fromTree(each, member)]));
}

function leavesOf(tree: Tree, root: Path = []): [Path, unknown][] {
  const leaves: [Path, unknown][] = [];
  for (const [member, value] of Object.entries(tree)) {
    const path = [...root, member];
    if (!isRecord(value) || Object.keys(value).length === 0) leaves.push([path, value]);
    else leaves.push(...leavesOf(value, path));
  }
  return leaves;
}

function read(tree: unknown, path: Path): unknown {
  return path.reduce((at: unknown, member) => (isRecord(at) ? at[member] : undefined), tree);
}

function write(tree: Tree, [member, ...rest]: Path, value: unknown): void {
  if (member === undefined) return;
  const below = tree[member];
  if (rest.length > 0) {
    const next: Tree = isRecord(below) ? below : {};
    tree[member] = next;
    write(next, rest, value);
  } else if (!(isRecord(value) && isRecord(below))) {
    tree[member] = value;
  }
}

/** Takes the field away, and records that become empty by it. */
function remove(tree: Tree, [member, ...rest]: Path): void {
  if (member === undefined) return;
  const below = tree[member];
  if (rest.length > 0 && isRecord(below)) remove(below, rest);
  if (rest.length === 0 || (isRecord(below) && Object.keys(below).length === 0)) delete tree[member];
}

/** Whether a field is among others, or, where it was an empty record, has members there by now. */
function isHeld(field: string, fields: ReadonlySet<string>): boolean {
  const members = `${field.slice(0, -1)},`;
  return fields.has(field) || [...fields].some((other) => other.startsWith(members));
}

/** Fields by manager; a field is the JSON of its path. */
export type Ownership = Map<string, Set<string>>;

/** What an apply comes to. */
export type ApplyResult =
  | { kind: 'applied'; object: Record<string, unknown>; ownership: Ownership }
  | { kind: 'conflict'; manager: string; field: string };

/**
 * Server-side apply of `applied` on `existing` (both JSON objects, neither is changed). Fields that only this manager owned and
 * that it leaves out are taken away. Without `force`, a field of another manager with another value is a conflict.
 */
export function applyFields(
  existing: Record<string, unknown>,
  applied: Record<string, unknown>,
  ownership: Ownership,
  { manager, force, prefix }: { manager: string; force: boolean; prefix: 'status' | 'main' },
): ApplyResult {
  const tree = asTree(existing);
  const leaves = leavesOf(asTree(applied));
  const next: Ownership = new Map([...ownership].map(([name, fields]) => [name, new Set(fields)]));
  const mine = new Set(leaves.map(([path]) => JSON.stringify(path)));
  const isHeldByAnother = (field: string): boolean =>
    [...ownership].some(([name, fields]) => name !== manager && isHeld(field, fields));
  for (const field of ownership.get(manager) ?? []) {
    const path = pathOf(field);
    const elsewhere = (path[0] === 'status') !== (prefix === 'status');
    if (elsewhere) mine.add(field);
    if (!isHeld(field, mine) && !isHeldByAnother(field)) remove(tree, path);
  }
  for (const [path, value] of leaves) {
    const field = JSON.stringify(path);
    if (!equalJson(read(tree, path), value)) {
      const others = [...next].filter(([name, fields]) => name !== manager && fields.has(field));
      const [other] = others;
      if (other !== undefined && !force)
        return { kind: 'conflict', manager: other[0], field: path.join('.') };
      for (const [, fields] of others) fields.delete(field);
    }
    write(tree, path, value);
  }
  next.set(manager, mine);
  const object = fromTree(tree);
  const owners = new Map([...next].filter(([, fields]) => fields.size > 0));
  return { kind: 'applied', object: isRecord(object) ? object : {}, ownership: owners };
}

function asTree(value: Record<string, unknown>): Tree {
  const tree = toTree(value);
  return isRecord(tree) ? tree : {};
}

function pathOf(field: string): string[] {
  const path: unknown = JSON.parse(field);
  return Array.isArray(path) ? path.map(String) : [];
}

/**
 * Ownership after an ordinary write: what changed belongs to its manager and to nobody else, what went away to nobody. A write that
 * changes nothing changes no owner.
 */
export function updateOwnership(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  ownership: Ownership,
  manager: string,
): Ownership {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  const changed = new Set(
    [...now]
      .filter(([field, value]) => !old.has(field) || !equalJson(old.get(field), value))
      .map(([field]) => field),
  );
  const next: Ownership = new Map();
  for (const [name, fields] of ownership) {
    const kept = [...fields].filter((field) => !changed.has(field) && (now.has(field) || !old.has(field)));
    if (kept.length > 0) next.set(name, new Set(kept));
  }
  if (changed.size > 0) next.set(manager, new Set([...(next.get(manager) ?? []), ...changed]));
  return next;
}

function fieldsOf(value: Record<string, unknown>): Map<string, unknown> {
  return new Map(leavesOf(asTree(value)).map(([path, leaf]) => [JSON.stringify(path), leaf]));
}

/** True when the same managers own the same fields. */
export function sameOwnership(a: Ownership, b: Ownership): boolean {
  return (
    a.size === b.size &&
    [...a].every(([manager, fields]) => {
      const others = b.get(manager);
      return others?.size === fields.size && [...fields].every((field) => others.has(field));
    })
  );
}

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [member, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[member];
    else merged[member] = mergePatch(merged[member], value);
  }
  return merged;
}
