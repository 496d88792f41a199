import { z } from 'zod';

/** A node of a structural schema, as far as it bounds what is valid. */
interface Schema {
  type?: string | undefined;
  format?: string | undefined;
  pattern?: string | undefined;
  enum?: unknown[] | undefined;
  required?: string[] | undefined;
  properties?: Record<string, Schema> | undefined;
  items?: Schema | undefined;
  additionalProperties?: Schema | boolean | undefined;
  default?: unknown;
  nullable?: boolean | undefined;
  'x-kubernetes-int-or-string'?: boolean | undefined;
  'x-kubernetes-validations'?: { rule: string }[] | undefined;
  [bound: string]: unknown;
}

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), Schema).optional(),
    items: Schema.optional(),
    additionalProperties: z.union([z.boolean(), Schema]).optional(),
    nullable: z.boolean().optional(),
    'x-kubernetes-validations': z.array(z.object({ rule: z.string() })).optional(),
  }),
);

const Crd = z.object({
  spec: z.object({
    scope: z.string(),
    names: z.object({ kind: z.string(), plural: z.string() }),
    versions: z.array(
      z.object({ name: z.string(), served: z.boolean(), schema: z.object({ openAPIV3Schema: Schema }) }),
    ),
  }),
});

/**
 * What of a CustomResourceDefinition's new form would refuse, drop or understand otherwise what the old one took. A status is
 * written by Metalwright alone: there, only what readers lose counts.
 *
 * @param before, after parsed YAML of the definition; `after` undefined: the kind is gone
 * @returns a sentence each; none: whoever has objects and manifests of the old form may upgrade
 */
export function breakingChanges(before: unknown, after: unknown): string[] {
  const old = Crd.parse(before).spec;
  const { kind } = old.names;
  if (after === undefined) return [`${kind}: the kind is gone`];
  const { scope, names, versions } = Crd.parse(after).spec;
  const found: string[] = [];
  if (scope !== old.scope) found.push(`${kind}: its scope was ${old.scope} and is ${scope}`);
  if (names.kind !== kind || names.plural !== old.names.plural)
    found.push(`${kind}: it was renamed to ${names.kind}`);
  for (const version of old.versions.filter(({ served }) => served)) {
    const next = versions.find(({ name, served }) => served && name === version.name);
    if (next === undefined) found.push(`${kind}: version ${version.name} is served no more`);
    else found.push(...compare(`${kind}`, version.schema.openAPIV3Schema, next.schema.openAPIV3Schema, true));
  }
  return found;
}

/** @param strict whether people write it */
function compare(path: string, old: Schema, next: Schema, strict: boolean): string[] {
  const found: string[] = [];
  if (old.type !== next.type) found.push(`${path}: its type was ${old.type} and is ${next.type}`);
  if (strict) found.push(...tighter(path, old, next));
  for (const [name, child] of Object.entries(old.properties ?? {})) {
    const at = `${path}.${name}`;
    const now = next.properties?.[name];
    if (now === undefined) found.push(`${at}: the field is gone`);
    else found.push(...compare(at, child, now, strict && at.split('.')[1] !== 'status'));
  }
  if (old.items && next.items) found.push(...compare(`${path}[]`, old.items, next.items, strict));
  const [values, nextValues] = [old.additionalProperties, next.additionalProperties];
  if (typeof values === 'object' && typeof nextValues === 'object')
    found.push(...compare(`${path}{}`, values, nextValues, strict));
  return found;
}

/** Bounds that may go up, and bounds that may go down. */
const upper = ['maximum', 'maxLength', 'maxItems', 'maxProperties'] as const;
const lower = ['minimum', 'minLength', 'minItems', 'minProperties'] as const;

function tighter(path: string, old: Schema, next: Schema): string[] {
  const found = bounds(old, next).map((name) => bound(path, name, old, next));
  const required = (next.required ?? []).filter(
    (name) => !old.required?.includes(name) && next.properties?.[name]?.default === undefined,
  );
  for (const name of required) found.push(`${path}.${name}: it is required now`);
  if (next.enum !== undefined) {
    const refused = (old.enum ?? ['whatever else']).filter((value) => !next.enum?.includes(value));
    for (const value of refused) found.push(`${path}: ${JSON.stringify(value)} is taken no more`);
  }
  if (old.nullable === true && next.nullable !== true) found.push(`${path}: it cannot be null any more`);
  const known = new Set(old['x-kubernetes-validations']?.map(({ rule }) => rule));
  for (const { rule } of next['x-kubernetes-validations'] ?? []) {
    if (!known.has(rule)) found.push(`${path}: there is a new rule, ${rule}`);
  }
  return found;
}

/** Names of the bounds that are narrower, and of what is understood otherwise when nothing is said. */
function bounds(old: Schema, next: Schema): string[] {
  const isOther = (name: string): boolean => JSON.stringify(old[name]) !== JSON.stringify(next[name]);
  return [
    ...upper.filter((name) => isTighter(old[name], next[name], (was, is) => is < was)),
    ...lower.filter((name) => isTighter(old[name], next[name], (was, is) => is > was)),
    ...['pattern', 'format'].filter((name) => next[name] !== undefined && isOther(name)),
    ...(old.default !== undefined && isOther('default') ? ['default'] : []),
  ];
}

function isTighter(was: unknown, is: unknown, tightens: (was: number, is: number) => boolean): boolean {
  if (typeof is !== 'number') return false;
  return typeof was !== 'number' || tightens(was, is);
}

function bound(path: string, name: string, old: Schema, next: Schema): string {
  const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
  return `${path}: its ${name} was ${show(old[name])} and is ${show(next[name])}`;
}
