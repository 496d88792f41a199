import type { BmcRotationResult } from '../../api/bmc/setup.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { type BmcSetupPolicy, usesOwnCredentials } from './policy.ts';

/** How long racks have for a rotation, in milliseconds: longer than all the attempts of one of them. */
const rotationMs = 15 * 60_000;
const dayMs = 24 * 60 * 60_000;

/** What to do about the age of a BMC's credentials. */
export type RotationDecision =
  | { kind: 'Nothing' }
  /** Look again, though nothing has changed. */
  | { kind: 'Later'; afterMs: number }
  /** Store new credentials under the id, or take those that are there, and have a rack set them. */
  | { kind: 'Start'; id: string }
  | { kind: 'Promote'; id: string }
  | { kind: 'GiveUp'; id: string; reason: string; message: string };

/**
 * Pure. Rotates when a MachineAction asks for it, when an earlier attempt broke off half way, and when the password is too old; never while an
 * agent is at the same BMC.
 *
 * @param now milliseconds since the epoch
 */
export function decideRotation(machine: Machine, policy: BmcSetupPolicy, now: number): RotationDecision {
  const { bmcRotation: wish, bmcRotationResult: result, bmcSetup: setup, action } = machine.status ?? {};
  if (wish !== undefined) {
    if (result?.id === wish.id) return ended(result);
    const left = Date.parse(wish.requestedAt) + rotationMs - now;
    if (left > 0) return { kind: 'Later', afterMs: left };
    const message = 'no rack did it in time';
    return { kind: 'GiveUp', id: wish.id, reason: 'BmcRotationFailed', message };
  }
  const asked =
    action?.action === 'RotateBmcCredentials' && action.outcome === 'Running' ? action.uid : undefined;
  const isAsked = asked !== undefined && setup?.offer !== asked;
  if (!usesOwnCredentials(machine)) {
    const message = 'Metalwright made no user on the BMC that is in use';
    return isAsked
      ? { kind: 'GiveUp', id: asked, reason: 'BmcRotationFailed', message }
      : { kind: 'Nothing' };
  }
  if (isAgentThere(machine)) return { kind: 'Nothing' };
  if (isAsked) return { kind: 'Start', id: asked };
  // The agent, or a rack, went away between the storing and the word that it is set.
  if (setup?.state === 'Stored') return { kind: 'Start', id: setup.offer };
  return scheduled(machine, policy, now);
}

function ended({ id, outcome, reason, message }: BmcRotationResult): RotationDecision {
  if (outcome === 'Succeeded') return { kind: 'Promote', id };
  const said = `${reason ?? 'Failed'}: ${message ?? 'no reason given'}`;
  return { kind: 'GiveUp', id, reason: 'BmcRotationFailed', message: said };
}

/** Whether a boot is under way whose task sets the BMC up. */
function isAgentThere({ status }: Machine): boolean {
  const { task, taskResult, boot } = status ?? {};
  const isBooted = boot?.target === 'EphemeralOS' && boot.generation === task?.generation;
  const isEnded = taskResult?.id === task?.id && taskResult?.outcome !== 'Running';
  return task?.bmc !== undefined && isBooted && !isEnded;
}

function scheduled({ spec, status }: Machine, policy: BmcSetupPolicy, now: number): RotationDecision {
  const days = spec.bmcSetup?.rotateAfterDays ?? policy.rotateAfterDays;
  const rotatedAt = Date.parse(status?.bmc?.rotatedAt ?? '');
  if (days === 0 || Number.isNaN(rotatedAt)) return { kind: 'Nothing' };
  const { bmcSetup: setup } = status ?? {};
  const due = rotatedAt + days * dayMs;
  // One that failed is tried again the next day.
  const failedAt = setup?.state === 'Failed' ? Date.parse(setup.at) + dayMs : due;
  const at = Math.max(due, failedAt);
  if (now < at) return { kind: 'Later', afterMs: Math.min(at - now, dayMs) };
  return { kind: 'Start', id: `scheduled-${Math.floor(now / 1000)}` };
}
