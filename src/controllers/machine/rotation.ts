import { usesOwnCredentials } from '../bmc-setup/policy.ts';
import type { OwnedStatus } from './decision.ts';
import { type Observed, statusOf } from './observed.ts';

/** Why the BMC's credentials cannot be rotated; undefined: they can. */
export function refuseRotation({ machine }: Observed): string | undefined {
  return usesOwnCredentials(machine)
    ? undefined
    : "Metalwright has no user of its own on the machine's BMC: see spec.bmcSetup.";
}

/** How an order to rotate stands, by what the BMC set-up says of the credentials that are named after it. */
export function followRotation(
  observed: Observed,
  action: NonNullable<OwnedStatus['action']>,
): { patch: Pick<OwnedStatus, 'action'> } {
  const { bmcSetup } = statusOf(observed);
  if (bmcSetup?.offer !== action.uid || bmcSetup.state === 'Stored') return { patch: {} };
  const outcome = bmcSetup.state === 'Done' ? 'Succeeded' : 'Failed';
  const message = bmcSetup.state === 'Done' ? 'The BMC has another password.' : (bmcSetup.message ?? '');
  return { patch: { action: { ...action, outcome, message: message.slice(0, 1024) } } };
}
