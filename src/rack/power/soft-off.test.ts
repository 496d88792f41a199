import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import type { PowerDriver, PowerState } from './driver.ts';
import { powerError } from './errors.ts';
import { executePowerRequest } from './executor.ts';
import { chassisControlRequest } from './ipmi/chassis.ts';
import { chooseResetType } from './redfish/reset.ts';
import { defaultPowerTimings, type PowerRequest, type PowerStep } from './steps.ts';
import { virtualTime } from './testing/virtual-time.ts';

interface Behaviour {
  is?: PowerState;
  /** What a soft off does. */
  soft?: 'Obeys' | 'Ignores' | 'Refuses' | 'Unsupported';
  /** What looks fail with, first to last. */
  looks?: Error[];
}

function execute(request: Omit<PowerRequest, 'id'>, behaviour: Behaviour, resumeFrom?: PowerStep) {
  const { is = 'On', soft = 'Obeys', looks = [] } = behaviour;
  const time = virtualTime();
  const log: string[] = [];
  let power = is;
  let offAt = Number.POSITIVE_INFINITY;
  const driver: PowerDriver = {
    bootDevices: new Set(),
    async status() {
      const fault = looks.shift();
      if (fault !== undefined) throw fault;
      if (time.now() >= offAt) power = 'Off';
      return power;
    },
    async on() {
      log.push('on');
      offAt = Number.POSITIVE_INFINITY;
      power = 'On';
    },
    async off() {
      log.push('off');
      power = 'Off';
    },
    async setBootDevice() {},
    async close() {},
  };
  const softOff = async (): Promise<void> => {
    log.push('soft off');
    if (soft === 'Refuses') throw powerError('BmcUnsupported', 'no ACPI');
    if (soft === 'Obeys') offAt = time.now() + 20_000;
  };
  const outcome = executePowerRequest(
    { id: 'r1', ...request },
    resumeFrom,
    soft === 'Unsupported' ? driver : { ...driver, softOff },
    {
      clock: time,
      log: silentLogger,
      delay: time.delay,
      record: async (step) => void log.push(`record ${step}`),
      timings: defaultPowerTimings,
    },
    new AbortController().signal,
  );
  return { outcome, log };
}

describe('a soft off', () => {
  const off = { action: 'Off', mode: 'Soft' } as const;

  it.each<[string, Behaviour, string[], RegExp]>([
    ['asks once and waits', {}, ['record SoftOff', 'soft off'], /switched itself off/],
    ['does nothing to a machine that is off', { is: 'Off' }, ['record SoftOff'], /was off already/],
    [
      'is done the hard way when the OS does not obey',
      { soft: 'Ignores' },
      ['record SoftOff', 'soft off', 'record Off', 'off'],
      /did not obey/,
    ],
    [
      'is done the hard way when the BMC refuses',
      { soft: 'Refuses' },
      ['record SoftOff', 'soft off', 'record Off', 'off'],
      /hard way/,
    ],
    ['is a hard off where the driver has none', { soft: 'Unsupported' }, ['record Off', 'off'], /is off/],
  ])('%s', async (_, behaviour, log, message) => {
    const run = execute(off, behaviour);
    expect(await run.outcome).toMatchObject({ outcome: 'Succeeded', state: 'Off' });
    expect((await run.outcome).message).toMatch(message);
    expect(run.log).toEqual(log);
  });

  it('is not asked for again after a restart of the rack', async () => {
    const { outcome, log } = execute(off, { soft: 'Obeys' }, 'SoftOff');
    expect(await outcome).toMatchObject({ outcome: 'Succeeded' });
    expect(log).toEqual(['record Off', 'off']);
  });

  it('begins a soft cycle', async () => {
    const { outcome, log } = execute({ action: 'Cycle', mode: 'Soft' }, {});
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(log).toEqual(['record SoftOff', 'soft off', 'record On', 'on']);
  });
});

describe('a request for the power state', () => {
  it.each(['On', 'Off'] as const)('looks, and touches nothing: %s', async (is) => {
    const { outcome, log } = execute({ action: 'Status' }, { is });
    expect(await outcome).toEqual({ outcome: 'Succeeded', state: is, message: `the BMC says ${is}` });
    expect(log).toEqual([]);
  });

  it('is repeated while the BMC is busy', async () => {
    const { outcome } = execute(
      { action: 'Status' },
      { looks: [powerError('BmcBusy', 'full', { retryable: true })] },
    );
    expect(await outcome).toMatchObject({ outcome: 'Succeeded' });
  });

  it('fails by name', async () => {
    const looks = [powerError('BmcAuthenticationFailed', 'wrong')];
    const { outcome, log } = execute({ action: 'Status' }, { looks });
    expect(await outcome).toMatchObject({ outcome: 'Failed', reason: 'BmcAuthenticationFailed' });
    expect(log).toEqual([]);
  });
});

describe('how BMCs are asked', () => {
  it('by IPMI: chassis control 05h', () => {
    expect([...chassisControlRequest('SoftOff').data]).toEqual([0x05]);
  });

  it('by Redfish: GracefulShutdown, and nothing that could turn it on', () => {
    expect(chooseResetType('SoftOff', ['On', 'GracefulShutdown'])).toBe('GracefulShutdown');
    expect(() => chooseResetType('SoftOff', ['On', 'PushPowerButton'])).toThrow(/SoftOff/);
  });
});
