import type { Allocation } from '../../api/allocation/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';
import type { Vlan } from '../../api/vlan/schema.ts';
import { isKubeError } from '../../kube/errors.ts';
import { isRecord } from '../../kube/json.ts';
import type { KubeObject, Resource } from '../../kube/resource.ts';
import type { Cluster } from '../command.ts';
import { explain } from '../errors.ts';
import { type Kind, kinds } from '../kinds.ts';
import { fieldsHash, servedFields } from './fields.ts';

/** What the doctor looked at. A list that could not be read is the reason why. */
export interface World {
  definitions: Definition[] | { problem: string };
  /** What the person may not do, of what `mw` does. */
  forbidden: string[];
  racks: Rack[] | { problem: string };
  vlans: Vlan[] | { problem: string };
  images: BootImage[] | { problem: string };
  machines: Machine[] | { problem: string };
  allocations: Allocation[] | { problem: string };
  /** Epoch milliseconds. */
  now: number;
}

/** A CustomResourceDefinition beside what this `mw` knows of the kind. */
export interface Definition {
  plural: string;
  state: 'Same' | 'Missing' | 'OtherFields' | 'NotServed';
}

interface AccessReview extends KubeObject {
  spec: {
    resourceAttributes: { group: string; resource: string; verb: string; namespace?: string | undefined };
  };
  status?: { allowed: boolean } | undefined;
}

const accessReviews: Resource<AccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
  // A review is an answer, not an object: it has no name.
  parse(raw) {
    const status = isRecord(raw) ? raw.status : undefined;
    if (!isRecord(status)) throw new TypeError('a review without an answer');
    const spec = { resourceAttributes: { group: '', resource: '', verb: '' } };
    return {
      apiVersion: '',
      kind: '',
      metadata: { name: '' },
      spec,
      status: { allowed: status.allowed === true },
    };
  },
};

const definitions: Resource<KubeObject> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** What `mw` does: of each kind, the verbs. */
const needed: readonly { kind: Kind; verbs: readonly string[] }[] = [
  { kind: kinds.Machine, verbs: ['list', 'watch', 'create', 'patch'] },
  { kind: kinds.MachineAction, verbs: ['create', 'watch'] },
  { kind: kinds.Allocation, verbs: ['list', 'watch', 'create', 'delete'] },
  { kind: kinds.BootImage, verbs: ['list', 'create'] },
  { kind: kinds.Subnet, verbs: ['list'] },
  { kind: kinds.Rack, verbs: ['list'] },
];

/** Reads all that the checks look at. @throws KubeError when the API server cannot be asked at all */
export async function lookAround(cluster: Cluster, now: number): Promise<World> {
  // Alone and first: what fails here would fail everywhere.
  const forbidden = await forbiddenThings(cluster);
  const read = async <T extends KubeObject>(resource: Resource<T>): Promise<T[] | { problem: string }> => {
    try {
      return (await cluster.client.list(resource)).items;
    } catch (error) {
      return { problem: explain(error).message };
    }
  };
  const [found, racks, vlans, images, machines, allocations] = await Promise.all([
    readDefinitions(cluster),
    read<Rack>(kinds.Rack),
    read<Vlan>(kinds.VLAN),
    read<BootImage>(kinds.BootImage),
    read<Machine>(kinds.Machine),
    read<Allocation>(kinds.Allocation),
  ]);
  return { definitions: found, forbidden, racks, vlans, images, machines, allocations, now };
}

async function forbiddenThings({ client, namespace }: Cluster): Promise<string[]> {
  const questions = needed.flatMap(({ kind, verbs }) => verbs.map((verb) => ({ kind, verb })));
  const answers = await Promise.all(
    questions.map(async ({ kind, verb }) => {
      const where = kind.namespaced ? { namespace } : {};
      const resourceAttributes = { group: kind.group, resource: kind.plural, verb, ...where };
      const { status } = await client.create(accessReviews, { metadata: {}, spec: { resourceAttributes } });
      return status?.allowed === true ? [] : [`${verb} ${kind.plural}`];
    }),
  );
  return answers.flat();
}

async function readDefinitions({ client }: Cluster): Promise<Definition[] | { problem: string }> {
  const all: Kind[] = Object.values(kinds);
  try {
    return await Promise.all(
      all.map(async ({ plural, group, version, fields }): Promise<Definition> => {
        const found = await client.get(definitions, `${plural}.${group}`);
        if (found === undefined) return { plural, state: 'Missing' };
        const served = servedFields(found, version);
        if (served === undefined) return { plural, state: 'NotServed' };
        return { plural, state: fieldsHash(served) === fields ? 'Same' : 'OtherFields' };
      }),
    );
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return { problem: explain(error).message };
  }
}
