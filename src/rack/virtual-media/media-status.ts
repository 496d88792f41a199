import { machineKind } from '../../api/machine/schema.ts';
import type { VirtualMediaState } from '../../api/machine/virtual-media.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';

/** Of server-side apply, for `status.virtualMedia`. */
const fieldManager = 'metalwright-rack-media';

/**
 * Writes which medium a machine is about to have, or, with undefined, that it has none any more.
 * @throws KubeError
 */
export async function writeMediaState(
  name: string,
  uid: string | undefined,
  virtualMedia: VirtualMediaState | undefined,
  client: Pick<KubeClient, 'applyStatus'>,
): Promise<void> {
  const status = virtualMedia === undefined ? {} : { virtualMedia };
  const metadata = { name, ...(uid === undefined ? {} : { uid }) };
  await client.applyStatus(machineKind, { metadata, status }, { fieldManager });
}

/**
 * Notes that a medium is out, if it is still the machine's.
 * @throws KubeError
 */
export async function clearMediaState(
  name: string,
  id: string,
  client: Pick<KubeClient, 'get' | 'applyStatus'>,
): Promise<void> {
  for (;;) {
    const machine = await client.get(machineKind, name);
    if (machine?.status?.virtualMedia?.id !== id) return;
    const { uid, resourceVersion } = machine.metadata;
    try {
      await client.applyStatus(
        machineKind,
        { metadata: { name, uid, resourceVersion }, status: {} },
        { fieldManager },
      );
      return;
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return;
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}
