import { credentialStoreOf, textsOfStore } from '../../api/bmc/stored-credentials.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { CredentialStore } from '../../domain/bmc-credentials.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Secret, secrets } from '../../kube/core-resources.ts';

const fieldManager = 'metalwright-bmc-setup';

/** Name of the Secret with the credentials that Metalwright made, in its own namespace. */
export function bmcSecretName(machine: string): string {
  return `bmc-setup-${machine}`;
}

/** A Secret as it was read, to be written against its version. */
export interface ReadStore {
  store: CredentialStore;
  secret: Secret | undefined;
}

/** Reads the credentials of a machine's BMC; a Secret without any counts as empty. */
export async function readStore(
  machine: string,
  client: Pick<KubeClient, 'get'>,
  namespace: string,
): Promise<ReadStore> {
  const secret = await client.get(secrets, bmcSecretName(machine), namespace);
  const texts = Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
  return { secret, store: credentialStoreOf(texts) };
}

/** Writes them against the version that was read. @throws KubeError: Conflict or AlreadyExists when another was faster */
export async function writeStore(
  { metadata: { name, uid = '' } }: Machine,
  { secret }: ReadStore,
  store: CredentialStore,
  client: Pick<KubeClient, 'create' | 'apply'>,
  namespace: string,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(textsOfStore(store)).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const metadata = {
    name: bmcSecretName(name),
    namespace,
    ownerReferences: [{ apiVersion, kind: machineKind.kind, name, uid }],
  };
  // What is created belongs to nobody who applies: a key that goes, like that of a BMC key, would stay for ever.
  const target = secret ?? (await client.create(secrets, { metadata, type: 'Opaque' }, { fieldManager }));
  const { resourceVersion, uid: secretUid } = target.metadata;
  await client.apply(
    secrets,
    { metadata: { ...metadata, resourceVersion, uid: secretUid }, data },
    { fieldManager },
  );
}
