import { HmczParameters } from '../../../api/bmc/hmcz.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { findPartition, readPartition, setBootOrder, stateOf } from './partitions.ts';
import { Anything, Job, Started } from './resources.ts';
import { createHmczSession } from './session.ts';

/** In these states the order is under way or done, and the HMC would refuse it. */
const needsNo = {
  start: ['starting', 'active', 'degraded', 'paused', 'terminated'],
  stop: ['stopping', 'stopped', 'reservation-error'],
} as const;

/**
 * Power of a partition of IBM Z in DPM mode through its HMC. Source: Hardware Management Console Web Services API (Partition
 * object: Start Partition, Stop Partition, Update Partition Properties; Query Job Status).
 */
export function createHmczDriver(target: PowerTarget): PowerDriver {
  const parameters = HmczParameters.parse(target.parameters);
  const session = createHmczSession(target);
  let known: string | undefined;
  let job: string | undefined;

  const find = async (signal: AbortSignal): Promise<string> => {
    known ??= (await findPartition(session, parameters, signal)).uri;
    return known;
  };
  const order = async (operation: 'start' | 'stop', signal: AbortSignal): Promise<void> => {
    const uri = await find(signal);
    const { status } = await readPartition(session, uri, signal);
    if (needsNo[operation].some((each) => each === status)) return;
    const path = `${uri}/operations/${operation}`;
    job = (await session.ask(Started, { method: 'POST', path, json: {} }, signal))['job-uri'];
  };
  /** An order is carried out later, and its failure is told to who asks for it. */
  const askForJob = async (signal: AbortSignal): Promise<void> => {
    const path = job;
    if (path === undefined) return;
    const seen = await session.ask(Job, { method: 'GET', path }, signal);
    if (seen.status !== 'complete' && seen.status !== 'canceled') return;
    job = undefined;
    await session.ask(Anything, { method: 'DELETE', path }, signal).catch(() => undefined);
    const code = seen['job-status-code'] ?? 200;
    if (seen.status === 'complete' && code < 400) return;
    const message = seen['job-results']?.message?.slice(0, 200) ?? `status ${code}`;
    throw powerError('BmcProtocolError', `the HMC could not do it: ${message}`);
  };

  return {
    bootDevices: new Set(['Network', 'Disk']),
    async status(signal) {
      await askForJob(signal);
      return stateOf((await readPartition(session, await find(signal), signal)).status);
    },
    on: (signal) => order('start', signal),
    off: (signal) => order('stop', signal),
    async setBootDevice(device, signal) {
      if (device !== 'Network' && device !== 'Disk') {
        throw powerError('BmcUnsupported', `a partition of IBM Z has no boot device ${device}`);
      }
      await setBootOrder(session, await find(signal), device, signal);
    },
    close: () => session.close(),
  };
}
