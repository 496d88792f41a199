import { createHash } from 'node:crypto';
import type { Allocation } from '../../api/allocation/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Secret, secrets } from '../../kube/core-resources.ts';
import { isKubeError } from '../../kube/errors.ts';
import { controllerError } from '../errors.ts';
import type { SeedOutcome } from './observed.ts';
import { makeSeed } from './seed.ts';

/** Labels on a seed Secret. */
export const seedLabels = {
  machine: 'metalwright.dev/machine',
  allocationUid: 'metalwright.dev/allocation-uid',
} as const;

const fieldManager = 'metalwright-machine';
const tokenKey = 'phoneHomeToken';

/** What making and removing the Secret needs. */
export interface SeedDeps {
  client: Pick<KubeClient, 'get' | 'create' | 'apply' | 'delete'>;
  /** Metalwright's own namespace. */
  namespace: string;
  randomBytes(size: number): Uint8Array;
}

/** Name of the Secret, in Metalwright's own namespace. */
export function seedSecretName({ metadata }: Machine): string {
  return `seed-${metadata.name}`;
}

/**
 * Makes the seed Secret of a deployment. However often it is called for one Allocation, also by two leaders at once, the
 * token stays the one that the Secret was made with, so that its hash in the status is right. A Secret that another
 * Allocation left is removed.
 *
 * @throws KubeError, and ForeignSeed when there was one of another Allocation
 */
export async function ensureSeed(
  machine: Machine,
  allocation: Allocation,
  rackUrl: string,
  deps: SeedDeps,
): Promise<SeedOutcome> {
  const allocationUid = allocation.metadata.uid ?? '';
  const userData = await readUserData(allocation, deps);
  if (typeof userData === 'object') return userData;
  const found = await deps.client.get(secrets, seedSecretName(machine), deps.namespace);
  if (found !== undefined && found.metadata.labels?.[seedLabels.allocationUid] !== allocationUid) {
    await remove(found, deps);
    throw controllerError('ForeignSeed', `Secret ${found.metadata.name}`);
  }
  const token = tokenOf(found) ?? Buffer.from(deps.randomBytes(32)).toString('base64url');
  const files = makeSeed({
    machine: machine.metadata.name,
    instanceId: allocationUid,
    hostname: allocation.spec.hostname ?? fitLabel(allocation.metadata.name.replaceAll('.', '-')),
    sshKeys: allocation.spec.sshKeys,
    userData,
    rackUrl,
    token,
  });
  try {
    await write(machine, allocationUid, { ...files, [tokenKey]: token }, found, deps);
  } catch (error) {
    if (!isKubeError(error, 'Invalid', 'RequestTooLarge')) throw error;
    return { kind: 'Unavailable', message: `the seed Secret is refused: ${error.message}` };
  }
  return { kind: 'Ready', tokenHash: createHash('sha256').update(token).digest('hex') };
}

async function write(
  machine: Machine,
  allocationUid: string,
  files: Record<string, string>,
  found: Secret | undefined,
  deps: SeedDeps,
): Promise<void> {
  const { name, uid = '' } = machine.metadata;
  const metadata = {
    name: seedSecretName(machine),
    namespace: deps.namespace,
    labels: { [seedLabels.machine]: fitLabel(name), [seedLabels.allocationUid]: allocationUid },
    ownerReferences: [{ apiVersion, kind: machineKind.kind, name, uid }],
  };
  const data = Object.fromEntries(
    Object.entries(files).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  if (found === undefined) {
    await deps.client.create(secrets, { metadata, type: 'Opaque', data }, { fieldManager });
    return;
  }
  if (Object.entries(data).every(([key, value]) => found.data?.[key] === value)) return;
  const { resourceVersion, uid: secretUid } = found.metadata;
  await deps.client.apply(
    secrets,
    { metadata: { ...metadata, resourceVersion, uid: secretUid }, data },
    { fieldManager },
  );
}

/** At most 63 characters, of which the last is no punctuation: a label's value, a host's name. */
function fitLabel(name: string): string {
  return name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
}

/** Removes the seed Secret, if it is that Allocation's: a late order must not hit a newer deployment. */
export async function deleteSeed(machine: Machine, allocationUid: string, deps: SeedDeps): Promise<void> {
  const found = await deps.client.get(secrets, seedSecretName(machine), deps.namespace);
  if (found === undefined || found.metadata.labels?.[seedLabels.allocationUid] !== allocationUid) return;
  await remove(found, deps);
}

async function remove({ metadata }: Secret, deps: SeedDeps): Promise<void> {
  const preconditions = { uid: metadata.uid };
  await deps.client.delete(secrets, metadata.name, { namespace: deps.namespace, preconditions });
}

/** undefined: none is wanted. */
async function readUserData(
  allocation: Allocation,
  deps: SeedDeps,
): Promise<string | undefined | (SeedOutcome & { kind: 'Unavailable' })> {
  const { userDataSecret } = allocation.spec;
  const { namespace } = allocation.metadata;
  if (userDataSecret === undefined) return undefined;
  const where = `Secret ${namespace ?? ''}/${userDataSecret}`;
  const secret = await deps.client.get(secrets, userDataSecret, namespace);
  if (secret === undefined) return { kind: 'Unavailable', message: `there is no ${where}` };
  const encoded = secret.data?.userData;
  if (encoded === undefined) return { kind: 'Unavailable', message: `${where} has no key userData` };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return { kind: 'Unavailable', message: `userData of ${where} is not UTF-8 text` };
  }
}

function tokenOf(secret: Secret | undefined): string | undefined {
  const encoded = secret?.data?.[tokenKey];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}
