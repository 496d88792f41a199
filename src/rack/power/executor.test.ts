import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import type { BootDevice, PowerDriver, PowerState } from './driver.ts';
import { powerError } from './errors.ts';
import { executePowerRequest, readPowerState } from './executor.ts';
import { decide, type PowerAction, type PowerRequest, type PowerStep, type PowerTimings } from './steps.ts';
import { virtualTime } from './testing/virtual-time.ts';

const timings: PowerTimings = {
  pollMs: 1_000,
  stateTimeoutMs: 60_000,
  softOffMs: 2_000,
  recommandMs: 20_000,
  retryBudgetMs: 30_000,
  retryFirstMs: 500,
  retryLongestMs: 8_000,
};
const { signal } = new AbortController();

/** A machine behind a BMC: what was done to it, in order. */
interface Machine {
  power: PowerState;
  override: BootDevice | undefined;
  bootDevices: Set<BootDevice>;
  /** What each turning-on booted from. */
  boots: (BootDevice | 'default')[];
  log: string[];
  /** Called before each command; may throw what a BMC makes. */
  before(command: string): void;
  /** Called after each command. */
  after(command: string): void;
}

function machineThatIs(power: PowerState): Machine {
  const bootDevices = new Set<BootDevice>(['Network', 'UefiHttp', 'Disk']);
  return { power, override: undefined, bootDevices, boots: [], log: [], before: () => {}, after: () => {} };
}

function driverOf(machine: Machine): PowerDriver {
  const run = async (command: string, effect: () => void): Promise<void> => {
    machine.before(command);
    machine.log.push(command);
    effect();
    machine.after(command);
  };
  return {
    bootDevices: machine.bootDevices,
    async status() {
      machine.before('status');
      return machine.power;
    },
    on: () =>
      run('on', () => {
        if (machine.power === 'On') return;
        machine.boots.push(machine.override ?? 'default');
        machine.override = undefined;
        machine.power = 'On';
      }),
    off: () =>
      run('off', () => {
        machine.power = 'Off';
      }),
    setBootDevice: (device) =>
      run(`boot ${device}`, () => {
        machine.override = device;
      }),
    close: async () => {},
  };
}

function execute(machine: Machine, request: Omit<PowerRequest, 'id'>, resumeFrom?: PowerStep) {
  const time = virtualTime();
  const steps: string[] = [];
  const record = async (step: PowerStep): Promise<void> => {
    steps.push(step);
    machine.log.push(`record ${step}`);
  };
  const deps = { clock: time, log: silentLogger, delay: time.delay, record, timings };
  const outcome = executePowerRequest({ id: 'r1', ...request }, resumeFrom, driverOf(machine), deps, signal);
  return { outcome, time, steps };
}

describe('a power request', () => {
  const cases: {
    name: string;
    is: PowerState;
    action: PowerAction;
    boot?: BootDevice;
    log: string[];
    boots: string[];
  }[] = [
    { name: 'on', is: 'Off', action: 'On', log: ['record On', 'on'], boots: ['default'] },
    { name: 'on, when it is on', is: 'On', action: 'On', log: ['record On'], boots: [] },
    {
      name: 'on from the network',
      is: 'Off',
      action: 'On',
      boot: 'Network',
      log: ['record BootDevice', 'boot Network', 'record On', 'on'],
      boots: ['Network'],
    },
    {
      name: 'on from the network, when it is on',
      is: 'On',
      action: 'On',
      boot: 'Network',
      log: ['record BootDevice'],
      boots: [],
    },
    { name: 'off', is: 'On', action: 'Off', log: ['record Off', 'off'], boots: [] },
    { name: 'off, when it is off', is: 'Off', action: 'Off', log: ['record Off'], boots: [] },
    {
      name: 'cycle',
      is: 'On',
      action: 'Cycle',
      log: ['record Off', 'off', 'record On', 'on'],
      boots: ['default'],
    },
    {
      name: 'cycle from the disk',
      is: 'On',
      action: 'Cycle',
      boot: 'Disk',
      log: ['record Off', 'off', 'record BootDevice', 'boot Disk', 'record On', 'on'],
      boots: ['Disk'],
    },
    {
      name: 'cycle from the network, when it is off',
      is: 'Off',
      action: 'Cycle',
      boot: 'Network',
      log: ['record Off', 'record BootDevice', 'boot Network', 'record On', 'on'],
      boots: ['Network'],
    },
  ];
  it.each(cases)('carries out: $name', async ({ is, action, boot, log, boots }) => {
    const machine = machineThatIs(is);
    const { outcome } = execute(machine, boot === undefined ? { action } : { action, boot });
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: action === 'Off' ? 'Off' : 'On' });
    expect(machine.log).toEqual(log);
    expect(machine.boots).toEqual(boots);
  });

  it.each<[BootDevice, BootDevice[], BootDevice | 'default']>([
    ['UefiHttp', ['Network', 'Disk'], 'Network'],
    ['Network', [], 'default'],
    ['Disk', ['Network'], 'default'],
  ])('boots from %s through a BMC that can set %j: from %s', async (boot, can, expected) => {
    const machine = machineThatIs('Off');
    machine.bootDevices = new Set(can);
    const outcome = await execute(machine, { action: 'On', boot }).outcome;
    expect(machine.boots).toEqual([expected]);
    expect(outcome).toMatchObject({ outcome: 'Succeeded' });
    if (expected === 'default') expect(outcome.message).toContain('boot order of its firmware');
  });

  it('waits for a machine that is slow to obey', async () => {
    const machine = machineThatIs('On');
    let looks = 0;
    machine.after = () => {
      machine.power = 'On';
      looks = 0;
    };
    machine.before = (command) => {
      if (command === 'status' && machine.log.includes('off') && ++looks === 8) machine.power = 'Off';
    };
    const { outcome, time } = execute(machine, { action: 'Off' });
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: 'Off' });
    expect(machine.log.filter((entry) => entry === 'off')).toHaveLength(1);
    expect(time.waits.length).toBeGreaterThan(5);
  });

  it('fails by name when the machine never obeys, having looked between its commands', async () => {
    const machine = machineThatIs('On');
    machine.after = () => {
      machine.power = 'On';
    };
    const { outcome } = execute(machine, { action: 'Off' });
    expect(await outcome).toMatchObject({
      outcome: 'Failed',
      state: 'On',
      reason: 'PowerStateTimeout',
      message: expect.stringContaining('wanted Off, the BMC says On'),
    });
    expect(machine.log.filter((entry) => entry === 'off').length).toBeLessThanOrEqual(3);
  });

  it('fails at once when no retry can help', async () => {
    const machine = machineThatIs('Off');
    machine.before = () => {
      throw powerError('BmcAuthenticationFailed', 'no');
    };
    const { outcome, time } = execute(machine, { action: 'On' });
    expect(await outcome).toMatchObject({ outcome: 'Failed', reason: 'BmcAuthenticationFailed' });
    expect(time.waits).toEqual([]);
  });

  it('retries what may pass, waiting longer each time, and gives up when the budget is spent', async () => {
    const machine = machineThatIs('Off');
    machine.before = () => {
      throw powerError('BmcBusy', 'table full', { retryable: true });
    };
    const { outcome, time } = execute(machine, { action: 'On' });
    expect(await outcome).toMatchObject({ outcome: 'Failed', reason: 'BmcBusy', state: 'Unknown' });
    expect(time.waits.slice(0, 5)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    expect(time.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(timings.retryBudgetMs);
  });

  it('looks before it repeats a command whose answer was lost', async () => {
    const machine = machineThatIs('Off');
    machine.after = (command) => {
      if (command === 'on') throw powerError('BmcUnreachable', 'answer lost', { retryable: true });
    };
    const { outcome } = execute(machine, { action: 'On' });
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(machine.log.filter((entry) => entry === 'on')).toHaveLength(1);
  });

  it('does nothing when another rack took it over', async () => {
    const machine = machineThatIs('On');
    const time = virtualTime();
    const record = async (): Promise<void> => {
      throw new Error('taken over');
    };
    const deps = { clock: time, log: silentLogger, delay: time.delay, record, timings };
    const request: PowerRequest = { id: 'r1', action: 'Off' };
    const outcome = executePowerRequest(request, undefined, driverOf(machine), deps, signal);
    await expect(outcome).rejects.toThrow('taken over');
    expect(machine.log).toEqual([]);
  });

  it('waits for a BMC that says neither, and turns off in any case', async () => {
    const machine = machineThatIs('Unknown');
    expect(await execute(machine, { action: 'Off' }).outcome).toMatchObject({ outcome: 'Succeeded' });
    const mute = machineThatIs('Unknown');
    expect(await execute(mute, { action: 'On', boot: 'Network' }).outcome).toMatchObject({
      outcome: 'Failed',
      reason: 'PowerStateTimeout',
    });
    expect(mute.log).toEqual(['record BootDevice']);
  });

  it('turns off again a machine that came on by itself before its boot device was set, but not for ever', async () => {
    const machine = machineThatIs('On');
    let once = true;
    machine.after = (command) => {
      if (command === 'off' && once) machine.before = (next) => comesOnAt(next);
    };
    let offLooks = 0;
    const comesOnAt = (command: string): void => {
      if (command === 'status' && machine.power === 'Off' && once && ++offLooks === 2) {
        once = false;
        machine.power = 'On';
      }
    };
    const { outcome } = execute(machine, { action: 'Cycle', boot: 'Network' });
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(machine.boots).toEqual(['Network']);
    expect(machine.log.filter((entry) => entry === 'off')).toHaveLength(2);
  });
});

describe('a power request after a crash', () => {
  it('leaves a machine alone that the lost process has turned on', async () => {
    const machine = machineThatIs('On');
    const { outcome } = execute(machine, { action: 'Cycle', boot: 'Network' }, 'On');
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(machine.log).toEqual([]);
  });

  it('sets the boot device again when the machine is off in step On', async () => {
    const machine = machineThatIs('Off');
    const { outcome } = execute(machine, { action: 'Cycle', boot: 'Network' }, 'On');
    expect(await outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(machine.boots).toEqual(['Network']);
  });

  const requests: Omit<PowerRequest, 'id'>[] = [
    { action: 'On' },
    { action: 'On', boot: 'Network' },
    { action: 'Off' },
    { action: 'Cycle' },
    { action: 'Cycle', boot: 'Network' },
  ];

  it('ends the same, and boots once, wherever the crashes were', async () => {
    const run = async (given: Omit<PowerRequest, 'id'>, is: PowerState, crashes: number[]): Promise<void> => {
      const machine = machineThatIs(is);
      let events = 0;
      let recorded: PowerStep | undefined;
      let left = [...crashes];
      const tick = (): void => {
        events++;
        if (left[0] === events) {
          left = left.slice(1);
          events = 0;
          throw new Error('crash');
        }
      };
      machine.before = tick;
      machine.after = tick;
      const time = virtualTime();
      const record = async (step: PowerStep): Promise<void> => {
        recorded = step;
        tick();
      };
      const deps = { clock: time, log: silentLogger, delay: time.delay, record, timings };
      for (let lives = 0; lives <= crashes.length; lives++) {
        try {
          const outcome = await executePowerRequest(
            { id: 'r', ...given },
            recorded,
            driverOf(machine),
            deps,
            signal,
          );
          expect(outcome.outcome).toBe('Succeeded');
          break;
        } catch (thrown) {
          expect(thrown).toHaveProperty('message', 'crash');
        }
      }
      expect(machine.power).toBe(given.action === 'Off' ? 'Off' : 'On');
      const alreadyDone = given.action === 'Off' || (given.action === 'On' && is === 'On');
      expect(machine.boots).toEqual(alreadyDone ? [] : [given.boot ?? 'default']);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.constantFrom<PowerState>('On', 'Off'),
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
        run,
      ),
      { numRuns: 500 },
    );
  });
});

describe('the decision', () => {
  it('is never to command a machine that already is as the step wants it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<PowerAction>('On', 'Off', 'Cycle'),
        fc.option(fc.constantFrom<BootDevice>('Network', 'Disk'), { nil: undefined }),
        fc.constantFrom<PowerStep>('Off', 'BootDevice', 'On'),
        fc.boolean(),
        fc.option(fc.nat(100_000), { nil: undefined }),
        fc.nat(200_000),
        (action, boot, step, resumed, commandedAt, now) => {
          const request = { id: 'x', action, ...(boot === undefined ? {} : { boot }) };
          const progress = { request, step, resumed, since: 0, returned: false };
          const seen = step === 'On' ? 'On' : step === 'Off' ? 'Off' : 'On';
          const full = commandedAt === undefined ? progress : { ...progress, commandedAt };
          expect(decide(full, seen, now, timings).kind).not.toBe('command');
        },
      ),
    );
  });
});

describe('reading the power state', () => {
  it('gives the error of a BMC as a value', async () => {
    const machine = machineThatIs('On');
    expect(await readPowerState(driverOf(machine), signal)).toEqual({ state: 'On' });
    machine.before = () => {
      throw powerError('BmcUnreachable', 'gone', { retryable: true });
    };
    expect(await readPowerState(driverOf(machine), signal)).toMatchObject({
      state: 'Unknown',
      error: { code: 'BmcUnreachable' },
    });
  });

  it('lets an abort through', async () => {
    const machine = machineThatIs('On');
    machine.before = () => {
      throw new Error('stopped');
    };
    await expect(readPowerState(driverOf(machine), signal)).rejects.toThrow('stopped');
  });
});
