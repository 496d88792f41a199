import { isLocked } from '../../api/machine/locked.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { MachineSpec } from '../../api/machine/spec.ts';
import {
  type ClonedField,
  type CloneParameters,
  clonedFields,
  machineActionKind,
} from '../../api/machine-action/schema.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Fence } from '../../kube/fence.ts';
import { isWaiting } from './actions.ts';
import type { Command } from './decision.ts';
import type { CloneOutcome } from './observed.ts';

/** What cloning needs. */
export interface CloneDeps {
  client: Pick<KubeClient, 'get' | 'apply'>;
  fence: Pick<Fence, 'assertHeld'>;
}

type CloneCommand = Extract<Command, { kind: 'Clone' }>;

/**
 * Copies fields of a machine's spec to others, in the name of who ordered it (see docs/adr/0007). All targets are looked at
 * before the first is written. Doing it twice is as good as once.
 *
 * @returns undefined when the action has been carried out or withdrawn in the meantime
 * @throws KubeError that may pass
 */
export async function cloneConfiguration(
  source: Machine,
  { action, uid, parameters }: CloneCommand,
  { client, fence }: CloneDeps,
): Promise<CloneOutcome | undefined> {
  const order = await client.get(machineActionKind, action);
  if (order?.metadata.uid !== uid || !isWaiting(order)) return undefined;
  const failed = (message: string): CloneOutcome => ({ uid, outcome: 'Failed', message });
  const targets = await Promise.all(
    parameters.targets.map(async (name) => ({ name, machine: await client.get(machineKind, name) })),
  );
  const unfit = targets.flatMap(({ name, machine }) => {
    const why = whyNot(source, machine);
    return why === undefined ? [] : [`${name} ${why}`];
  });
  if (unfit.length > 0) return failed(`Nothing was copied: ${unfit.join(', ')}.`);
  const done: string[] = [];
  for (const { name, machine } of targets) {
    fence.assertHeld();
    try {
      const object = {
        metadata: { name, uid: machine?.metadata.uid },
        spec: configurationOf(source, parameters.fields),
      };
      const options = { fieldManager: managerOf(parameters.fields), force: parameters.force === true };
      await client.apply(machineKind, object, options);
    } catch (error) {
      if (!isKubeError(error, 'Conflict', 'Invalid', 'NotFound')) throw error;
      const before = done.length === 0 ? 'Nothing was copied' : `Copied to ${done.join(', ')}`;
      return failed(`${before}, but ${name} refused: ${error.message}`);
    }
    done.push(name);
  }
  const message = `${listed(parameters.fields)} copied to ${done.join(', ')}.`;
  return { uid, outcome: 'Succeeded', message };
}

/** What an apply of these fields says; what the source does not have is left out. */
export function configurationOf({ spec }: Machine, fields: readonly ClonedField[]): Partial<MachineSpec> {
  const named = Object.entries(spec).filter(
    ([name, value]) => value !== undefined && fields.some((field) => field === name),
  );
  return Object.fromEntries(named);
}

/** A manager for each set of fields: an apply takes away what its own manager set before and leaves out now. */
export function managerOf(fields: readonly ClonedField[]): string {
  return ['metalwright-clone', ...clonedFields.filter((field) => fields.includes(field))].join('-');
}

function whyNot(source: Machine, target: Machine | undefined): string | undefined {
  if (target === undefined) return 'does not exist';
  const { metadata, status } = target;
  if (metadata.uid === source.metadata.uid) return 'is the machine itself';
  if (metadata.deletionTimestamp !== undefined) return 'is being deleted';
  if (isLocked(target)) return 'is locked';
  if (status?.allocation !== undefined) return 'is held by an Allocation';
  const fits = status?.phase === 'New' || status?.phase === 'Ready' || status?.phase === 'TestingFailed';
  return fits ? undefined : `is ${status?.phase ?? 'without a phase'}`;
}

function listed(fields: CloneParameters['fields']): string {
  return clonedFields.filter((field) => fields.includes(field)).join(', ');
}
