import { z } from 'zod';
import { kinds } from '../api/crd/kinds.ts';
import { Label, ObjectName } from '../api/fields.ts';
import { MachineSpec } from '../api/machine/spec.ts';
import { apiVersion, group } from '../api/meta.ts';
import type { KubeObject, Resource } from '../kube/resource.ts';

export type Verb = 'create' | 'replace' | 'patch' | 'delete';

/** One kind of resource, as the REST API offers it. */
export interface ApiResource {
  /** Its noun in the path: `ip-addresses`. */
  noun: string;
  /** One of it, in names of operations: `IpAddress`. */
  singular: string;
  description: string;
  kind: Resource<KubeObject>;
  properties: Readonly<Record<string, z.ZodType>>;
  /** What may be done with it beside reading. */
  verbs: readonly Verb[];
}

/** Nouns that are not the kind's name in small letters. */
const nouns: Readonly<Record<string, string>> = {
  BootImage: 'images',
  VLAN: 'vlans',
  IPAddress: 'ip-addresses',
  Chassis: 'chassis',
};

/** What the programs write and people only read, or take away. */
const verbsOf: Readonly<Record<string, readonly Verb[]>> = {
  MachineInventory: [],
  MachineAction: ['create', 'delete'],
  ChassisAction: ['create', 'delete'],
  Rack: ['replace', 'patch', 'delete'],
};

const allVerbs: readonly Verb[] = ['create', 'replace', 'patch', 'delete'];

/** `MachineInventory` to `machine-inventories`. */
function nounOf(kind: string): string {
  const known = nouns[kind];
  if (known !== undefined) return known;
  const words = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  if (/[^aeiou]y$/.test(words)) return `${words.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(words) ? `${words}es` : `${words}s`;
}

/** Every kind of the contract, one row each: a new kind has its routes by being there. */
export const apiResources: readonly ApiResource[] = kinds.map((kind) => ({
  noun: nounOf(kind.kind),
  singular: kind.kind === 'BootImage' ? 'Image' : kind.kind,
  description: kind.description,
  kind: {
    group: kind.group,
    version: kind.version,
    plural: kind.plural,
    kind: kind.kind,
    namespaced: kind.namespaced,
  },
  properties: kind.properties,
  verbs: verbsOf[kind.kind] ?? allVerbs,
}));

/** The row of a noun. Throws RangeError: for nouns that are written in the program. */
export function resourceOf(noun: string): ApiResource {
  const resource = apiResources.find((candidate) => candidate.noun === noun);
  if (resource === undefined) throw new RangeError(`there is no resource ${noun}`);
  return resource;
}

/** The verbs of RBAC on a resource. */
export function attributesOf(
  { kind }: ApiResource,
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch',
  target: { namespace?: string | undefined; name?: string | undefined } = {},
) {
  const { namespace, name } = target;
  return {
    verb,
    group,
    resource: kind.plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

export const ObjectPath = z.strictObject({ name: ObjectName.describe('The object’s name.') });
export const NamespacePath = z.strictObject({ namespace: Label.describe('The namespace.') });
export const NamespacedObjectPath = z.strictObject({ ...NamespacePath.shape, ...ObjectPath.shape });

const Texts = z.record(z.string().max(317), z.string().max(262_144));

/** `metav1.ObjectMeta`, as far as callers may write it. */
const WrittenMetadata = z.looseObject({
  name: ObjectName.optional(),
  generateName: z.string().min(1).max(200).optional().describe('The beginning of a name that is made up.'),
  namespace: Label.optional(),
  labels: Texts.optional(),
  annotations: Texts.optional(),
  resourceVersion: z.string().max(64).optional(),
});

const ReadMetadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: Texts.optional(),
  annotations: Texts.optional(),
});

/** A JSON merge patch of an object. */
export const PatchBody = z
  .looseObject({ metadata: z.looseObject({}).optional() })
  .describe('A JSON merge patch (RFC 7396) of the object: null takes a member away.');

/** What callers send: the object as `kubectl` would. The API server checks spec; status is not theirs to write. */
export function writtenSchema({ kind, properties }: ApiResource): z.ZodObject {
  const spec = 'spec' in properties ? { spec: z.looseObject({}) } : {};
  return z.strictObject({
    apiVersion: z.literal(apiVersion).optional(),
    kind: z.literal(kind.kind).optional(),
    metadata: WrittenMetadata,
    ...spec,
    status: z.unknown().optional().describe('Is not looked at: only Metalwright writes it.'),
  });
}

/** As `readSchema`, of a Machine of which callers may see a part alone. */
export function machineViewSchema(resource: ApiResource): z.ZodObject {
  return readSchema(resource).extend({ spec: MachineSpec.partial() });
}

/** What callers are given: the custom resource itself. */
export function readSchema({ kind, properties }: ApiResource): z.ZodObject {
  return z.looseObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind.kind),
    metadata: ReadMetadata,
    ...Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [
        name,
        name === 'status' ? schema.optional() : schema,
      ]),
    ),
  });
}
