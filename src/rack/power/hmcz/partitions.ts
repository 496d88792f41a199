import type { HmczParameters } from '../../../api/bmc/hmcz.ts';
import type { PowerState } from '../driver.ts';
import { powerError } from '../errors.ts';
import { Anything, Cpcs, Partition, Partitions, StorageGroup, StorageVolume } from './resources.ts';
import type { HmczSession } from './session.ts';

export interface FoundPartition {
  uri: string;
  name: string;
  cpc: string;
}

/** All partitions of all CPCs in DPM mode, or those of that name. @throws CodedError<PowerErrorCode> */
export async function listPartitions(
  session: HmczSession,
  only: { partition?: string; cpc?: string | undefined },
  signal: AbortSignal,
): Promise<FoundPartition[]> {
  const { cpcs } = await session.ask(Cpcs, { method: 'GET', path: '/api/cpcs' }, signal);
  const found: FoundPartition[] = [];
  for (const { name: cpc, 'object-uri': uri, 'dpm-enabled': dpm } of cpcs) {
    if (dpm === false || (only.cpc !== undefined && only.cpc !== cpc)) continue;
    const path = `${uri}/partitions`;
    const { partitions } = await session.ask(Partitions, { method: 'GET', path }, signal);
    for (const { name, 'object-uri': own } of partitions) {
      if (only.partition === undefined || only.partition === name) found.push({ uri: own, name, cpc });
    }
  }
  return found;
}

/** The one partition that the parameters name. @throws CodedError<PowerErrorCode> BmcSystemNotFound */
export async function findPartition(
  session: HmczSession,
  { partition, cpc }: HmczParameters,
  signal: AbortSignal,
): Promise<FoundPartition> {
  const [only, ...others] = await listPartitions(session, { partition, cpc }, signal);
  if (only === undefined) {
    const where = cpc === undefined ? 'no CPC in DPM mode' : `the CPC ${cpc} (if it is in DPM mode) not`;
    throw powerError('BmcSystemNotFound', `${where} has a partition "${partition}"`);
  }
  if (others.length > 0) {
    const where = [only, ...others].map((each) => each.cpc).join(', ');
    throw powerError('BmcSystemNotFound', `"${partition}" is on several CPCs, give one: ${where}`);
  }
  return only;
}

/** Reads it anew. @throws CodedError<PowerErrorCode> */
export function readPartition(session: HmczSession, uri: string, signal: AbortSignal): Promise<Partition> {
  return session.ask(Partition, { method: 'GET', path: uri }, signal);
}

/** Of a partition's `status`. One whose system has halted or stands still has its power. */
export function stateOf(status: string): PowerState {
  switch (status) {
    case 'active':
    case 'degraded':
    case 'paused':
    case 'terminated':
      return 'On';
    case 'stopped':
    case 'reservation-error':
      return 'Off';
    default:
      return 'Unknown';
  }
}

/**
 * Sets what the partition boots from, for good.
 * @throws CodedError<PowerErrorCode> BmcUnsupported when it has nothing of that kind
 */
export async function setBootOrder(
  session: HmczSession,
  uri: string,
  device: 'Network' | 'Disk',
  signal: AbortSignal,
): Promise<void> {
  const partition = await readPartition(session, uri, signal);
  const json = device === 'Network' ? networkOf(partition) : await diskOf(session, partition, signal);
  if (json === undefined) {
    throw powerError(
      'BmcUnsupported',
      `the partition has no ${device === 'Network' ? 'NIC' : 'boot volume'}`,
    );
  }
  await session.ask(Anything, { method: 'POST', path: uri, json }, signal);
}

function networkOf(partition: Partition): Record<string, string> | undefined {
  const nics = partition['nic-uris'];
  const chosen = partition['boot-network-device'];
  const nic = nics.find((each) => each === chosen) ?? nics[0];
  return nic === undefined ? undefined : { 'boot-device': 'network-adapter', 'boot-network-device': nic };
}

async function diskOf(
  session: HmczSession,
  partition: Partition,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  // An HMC without storage groups has the disk behind an adapter, all of it set by hand.
  if (partition['boot-storage-device'] != null) return { 'boot-device': 'storage-adapter' };
  const volume = partition['boot-storage-volume'] ?? (await bootVolume(session, partition, signal));
  return volume === undefined
    ? undefined
    : { 'boot-device': 'storage-volume', 'boot-storage-volume': volume };
}

async function bootVolume(
  session: HmczSession,
  partition: Partition,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const path of partition['storage-group-uris']) {
    const group = await session.ask(StorageGroup, { method: 'GET', path }, signal);
    for (const volume of group['storage-volume-uris']) {
      const { usage } = await session.ask(StorageVolume, { method: 'GET', path: volume }, signal);
      if (usage === 'boot') return volume;
    }
  }
  return undefined;
}
