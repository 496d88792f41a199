import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { rawPublicKey } from '../../domain/sealed-box.ts';
import type { KubeClient } from '../../kube/client.ts';
import { secrets } from '../../kube/core-resources.ts';
import { isKubeError } from '../../kube/errors.ts';
import { controllerError } from '../errors.ts';

/** The Secret that holds the private key, in Metalwright's own namespace. */
export const sealingSecretName = 'metalwright-bmc-sealing';
const keyName = 'privateKey';
const fieldManager = 'metalwright-bmc-setup';

/** The operator's key pair, to which agents seal what only it may read. */
export interface SealingKey {
  privateKey: KeyObject;
  /** Raw X25519, base64url. */
  publicKey: string;
}

/** Gives the key, read or made at the first use; of two leaders that make one at once the API server keeps one. */
export type LoadSealingKey = () => Promise<SealingKey>;

/** @returns a function that throws KubeError, or SealingKeyUnusable when the Secret holds something else */
export function sealingKeyIn(client: Pick<KubeClient, 'get' | 'create'>, namespace: string): LoadSealingKey {
  let known: Promise<SealingKey> | undefined;
  return async () => {
    known ??= loadOrMake(client, namespace);
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
}

async function loadOrMake(
  client: Pick<KubeClient, 'get' | 'create'>,
  namespace: string,
): Promise<SealingKey> {
  const found = await load(client, namespace);
  if (found !== undefined) return found;
  const { privateKey } = generateKeyPairSync('x25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  try {
    await client.create(
      secrets,
      {
        metadata: { name: sealingSecretName, namespace },
        type: 'Opaque',
        data: { [keyName]: Buffer.from(pem).toString('base64') },
      },
      { fieldManager },
    );
    return { privateKey, publicKey: rawPublicKey(privateKey) };
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    const theirs = await load(client, namespace);
    if (theirs === undefined) throw error;
    return theirs;
  }
}

async function load(client: Pick<KubeClient, 'get'>, namespace: string): Promise<SealingKey | undefined> {
  const secret = await client.get(secrets, sealingSecretName, namespace);
  if (secret === undefined) return undefined;
  const where = `Secret ${namespace}/${sealingSecretName}`;
  try {
    const pem = Buffer.from(secret.data?.[keyName] ?? '', 'base64');
    const privateKey = createPrivateKey({ key: pem, format: 'pem' });
    if (privateKey.asymmetricKeyType !== 'x25519')
      throw new Error(`a key of type ${privateKey.asymmetricKeyType}`);
    return { privateKey, publicKey: rawPublicKey(privateKey) };
  } catch {
    // The cause may quote what it could not read.
    throw controllerError('SealingKeyUnusable', where);
  }
}
