import { createHash } from 'node:crypto';
import type { Allocation } from '../../api/allocation/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Secret, secrets } from '../../kube/core-resources.ts';
import { isKubeError, kubeError } from '../../kube/errors.ts';
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
  /** The network of an OS that must not ask DHCP, for cloud-init. Default: it asks. */
  networkConfig?(machine: Machine): string | undefined;
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
    await confirmWork(machine, allocationUid, deps);
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
    networkConfig: deps.networkConfig?.(machine),
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
    const made = await deps.client.create(secrets, { metadata, type: 'Opaque', data }, { fieldManager });
    try {
      await confirmWork(machine, allocationUid, deps);
    } catch (error) {
      await remove(made, deps);
      throw error;
    }
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

/**
 * A leader that stood still for a while may come back to a machine that was given to another, or needs no seed any more: a Secret
 * has no version of the machine, so the API server is asked.
 *
 * @throws KubeError Conflict when the machine is not as it was when this was decided
 */
async function confirmWork({ metadata }: Machine, allocationUid: string, deps: SeedDeps): Promise<void> {
  const now = await deps.client.get(machineKind, metadata.name);
  const isSame =
    now?.metadata.uid === metadata.uid && now?.metadata.resourceVersion === metadata.resourceVersion;
  if (!isSame || now?.status?.allocation?.uid !== allocationUid)
    throw kubeError('Conflict', `the seed of machine ${metadata.name}: it has changed`);
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
  let secret: Secret | undefined;
  try {
    secret = await deps.client.get(secrets, userDataSecret, namespace);
  } catch (error) {
    if (!isKubeError(error, 'Forbidden')) throw error;
    const message = `the operator may not read ${where}: allow it by a RoleBinding in that namespace (the chart's userData.namespaces)`;
    return { kind: 'Unavailable', message };
  }
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
