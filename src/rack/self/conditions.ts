import { type ConditionUpdate, readiness } from '../../api/conditions.ts';
import type { SelfObservation, ServiceState } from './status.ts';

/** Longest message of a condition that is written: several interfaces and services are told in one. */
const longest = 4096;

/** What holds of a rack, service by service: `Ready`, and one condition for each thing that can fail by itself. */
export function rackConditions(seen: Omit<SelfObservation, 'generation'>): ConditionUpdate[] {
  return [
    ...readinessOf(seen),
    ...seen.services.map(serviceCondition),
    ...(seen.storage === undefined
      ? []
      : [leasesCondition(seen.storage.leases), snapshotCondition(seen.storage)]),
    ...(seen.admin === undefined ? [] : [adminCondition(seen.admin.problem)]),
  ].map((condition) => ({ ...condition, message: condition.message.slice(0, longest) }));
}

function readinessOf(seen: Omit<SelfObservation, 'generation'>): ConditionUpdate[] {
  const failed = seen.services.filter((service) => service.state === 'Failed');
  const served = seen.attachments.filter((attachment) => attachment.subnets.length > 0);
  if (failed.length > 0)
    return readiness(
      'Stalled',
      'ServiceFailed',
      failed.map((service) => `${service.name}: ${service.message ?? 'failed'}`).join('; '),
    );
  if (seen.storage?.leases !== undefined)
    return readiness('Stalled', 'LeaseDiskFailed', diskText(seen.storage.leases));
  if (served.length === 0)
    return readiness(
      'Stalled',
      'NoNetwork',
      'no interface has an address in a managed Subnet: create the Subnet, or give the interface an address in it',
    );
  return readiness('Ready', 'Serving', `serves ${served.map((entry) => entry.interface.name).join(', ')}`);
}

/** `Dhcp4Serving` and the like: one that fails keeps no other from serving. */
function serviceCondition({ name, state, reason, message }: ServiceState): ConditionUpdate {
  const type = `${name}Serving`;
  switch (state) {
    case 'Running':
      return {
        type,
        status: 'True',
        reason: reason ?? 'Serving',
        message: message ?? 'serves wherever it should',
      };
    case 'Disabled':
      return { type, status: 'False', reason: 'Disabled', message: 'spec.disabledServices names it' };
    case 'Failed':
      return { type, status: 'False', reason: reason ?? 'Failed', message: message ?? 'failed' };
  }
}

function leasesCondition(problem: string | undefined): ConditionUpdate {
  const type = 'LeasesStored';
  return problem === undefined
    ? { type, status: 'True', reason: 'Stored', message: 'every lease is on disk before it is acknowledged' }
    : { type, status: 'False', reason: 'LeaseDiskFailed', message: diskText(problem) };
}

function diskText(problem: string): string {
  return `leases cannot be written, so that no new ones are acknowledged: ${problem}. Make room on the disk of METALWRIGHT_STATE_DIR, or replace it`;
}

function snapshotCondition({
  snapshot,
  damagedSnapshot,
  snapshotWritten,
}: NonNullable<SelfObservation['storage']>): ConditionUpdate {
  const type = 'SnapshotStored';
  const aside =
    damagedSnapshot === undefined
      ? ''
      : `; the one that was there at the start was damaged and lies at ${damagedSnapshot}`;
  if (snapshot !== undefined)
    return {
      type,
      status: 'False',
      reason: 'DiskFailed',
      message: `the world cannot be written: ${snapshot}${aside}`,
    };
  if (damagedSnapshot !== undefined && !snapshotWritten)
    return { type, status: 'False', reason: 'Damaged', message: `there is no snapshot of the world${aside}` };
  return {
    type,
    status: 'True',
    reason: damagedSnapshot === undefined ? 'Stored' : 'DamagedReplaced',
    message: `known machines are served without the API server${aside}`,
  };
}

function adminCondition(problem: string | undefined): ConditionUpdate {
  const type = 'AdminServing';
  return problem === undefined
    ? { type, status: 'True', reason: 'Serving', message: 'metrics and leases can be read' }
    : { type, status: 'False', reason: 'Failed', message: problem };
}
