import { isLocked } from '../../api/machine/locked.ts';
import type { MachineAction } from '../../api/machine-action/schema.ts';
import { type ActionName, actionRules } from '../../domain/lifecycle/actions.ts';
import { isApproved } from '../../domain/lifecycle/approval.ts';
import {
  adopter,
  annotatedReference,
  hasPower,
  hasWayToBoot,
  isHeld,
  type Observed,
  statusOf,
} from './observed.ts';
import { rescueKeys } from './phases/entering-rescue.ts';
import { refuseRotation } from './rotation.ts';

type Spec = MachineAction['spec'];

/** Actions that the lock itself is about. */
const aboutLock: readonly ActionName[] = ['Lock', 'Unlock'];

/** Why the action may not be taken up; undefined: it may. */
export function refusal(observed: Observed, { spec }: Pick<MachineAction, 'spec'>): string | undefined {
  const { action } = spec;
  const { phase } = statusOf(observed);
  const rule = actionRules[action];
  if (isLocked(observed.machine) && !aboutLock.includes(action))
    return 'The machine is locked: set spec.locked to false, or order Unlock, first.';
  if (phase === undefined || !rule.from.some((from) => from === phase)) {
    return `${action} is not possible while the machine is ${phase ?? 'without a phase'}; it is from ${rule.from.join(', ')}.`;
  }
  return particular(observed, spec);
}

function particular(observed: Observed, { action, parameters }: Spec): string | undefined {
  switch (action) {
    case 'Commission':
      return refuseHeld(observed) ?? refuseBoot(observed) ?? refuseUnreleased(observed);
    case 'Test':
      return refuseBoot(observed);
    case 'Rescue':
      return refuseBoot(observed) ?? refuseKeyless(observed, parameters);
    case 'PowerOn':
    case 'PowerOff':
    case 'PowerCycle':
    case 'PowerStatus':
      return hasPower(observed)
        ? undefined
        : 'No rack can switch the machine: spec.bmc is missing or manual.';
    case 'MarkFixed':
      return refuseFix(observed);
    case 'Release':
      return refuseHeld(observed);
    case 'Abort':
      return statusOf(observed).step === 'Return' ? 'The machine is on its way back already.' : undefined;
    case 'Unlock':
      return observed.machine.spec.locked
        ? 'spec.locked locks the machine: set it to false where it was set.'
        : undefined;
    case 'RotateBmcCredentials':
      return refuseRotation(observed);
    case 'CloneConfiguration':
      return parameters?.clone === undefined ? 'parameters.clone is missing.' : undefined;
    default:
      return undefined;
  }
}

/** Whether a machine that is Broken was Deployed for the Allocation that still holds it. */
export function isDeployedStill(observed: Observed): boolean {
  const { returnTo, release } = statusOf(observed);
  return returnTo?.phase === 'Deployed' && release === undefined && isHeld(observed);
}

function refuseFix(observed: Observed): string | undefined {
  return isDeployedStill(observed) ? undefined : (refuseHeld(observed) ?? refuseLost(observed));
}

function refuseHeld(observed: Observed): string | undefined {
  const holder = statusOf(observed).allocation ?? adopter(observed)?.metadata;
  return holder && `Allocation ${holder.namespace ?? ''}/${holder.name} holds the machine: delete it first.`;
}

function refuseBoot(observed: Observed): string | undefined {
  if (!isApproved(observed.machine)) return 'The machine is not approved: set spec.approved first.';
  return hasWayToBoot(observed) ? undefined : 'The machine has no spec.bmc.';
}

function refuseUnreleased(observed: Observed): string | undefined {
  return statusOf(observed).release === undefined && annotatedReference(observed.machine) === undefined
    ? undefined
    : 'The machine has yet to be released: order Release first.';
}

function refuseKeyless(observed: Observed, parameters: Spec['parameters']): string | undefined {
  return rescueKeys(observed, parameters?.sshKeys).length > 0
    ? undefined
    : 'Nobody could log in: give parameters.sshKeys.';
}

function refuseLost(observed: Observed): string | undefined {
  return statusOf(observed).release === undefined && annotatedReference(observed.machine) !== undefined
    ? 'The Allocation of the machine was lost: order Release, or restore the Allocation.'
    : undefined;
}
