import type { PowerResult } from '../../api/machine/power.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import { stillOurs } from './claim.ts';
import { claimError } from './claim-errors.ts';
import type { PowerState } from './driver.ts';

/** Of server-side apply, for `status.power.result` and `status.powerState`. */
const fieldManager = 'metalwright-rack-power';

/**
 * Writes both fields of the racks, if the machine is still as it was seen.
 * @throws KubeError: Conflict when it has changed, NotFound when it is gone
 */
export async function writePower(
  { metadata: { name, resourceVersion, uid } }: Machine,
  result: PowerResult | undefined,
  powerState: PowerState | undefined,
  client: Pick<KubeClient, 'applyStatus'>,
): Promise<void> {
  const status = {
    ...(result === undefined ? {} : { power: { result } }),
    ...(powerState === undefined ? {} : { powerState }),
  };
  await client.applyStatus(
    machineKind,
    { metadata: { name, resourceVersion, uid }, status },
    { fieldManager },
  );
}

/**
 * Writes how a claimed request stands on top of what is there now.
 * @throws CodedError PowerClaimLost when the claim is not ours any more; KubeError
 */
export async function updateClaim(
  name: string,
  result: PowerResult,
  powerState: PowerState | undefined,
  client: Pick<KubeClient, 'get' | 'applyStatus'>,
): Promise<void> {
  for (;;) {
    const machine = await client.get(machineKind, name);
    if (machine === undefined || !stillOurs(machine, result.id, result.rack))
      throw claimError('PowerClaimLost', `power request ${result.id} of machine ${name}`);
    try {
      await writePower(machine, result, powerState ?? machine.status?.powerState, client);
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}

/** Stores a power state that was polled, unless it is known already. */
export async function storePowerState(
  machine: Machine,
  state: PowerState,
  client: Pick<KubeClient, 'applyStatus'>,
): Promise<void> {
  if (machine.status?.powerState === state) return;
  try {
    await writePower(machine, machine.status?.power?.result, state, client);
  } catch (error) {
    // Whoever changed it knows better; the next poll looks again.
    if (!isKubeError(error, 'Conflict', 'NotFound')) throw error;
  }
}
