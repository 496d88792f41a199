import { describe, expect, it } from 'vitest';
import type { MachineStatus } from '../../api/machine/status.ts';
import type { MachineAction } from '../../api/machine-action/schema.ts';
import { decide } from './decide.ts';
import type { Observed } from './observed.ts';
import { ago, aMachine, anAction, anAllocation, reference, seen, testNow } from './testing/builders.ts';
import { defaultMachineTimings as timings } from './timings.ts';

type Name = MachineAction['spec']['action'];
type Parameters = MachineAction['spec']['parameters'];

const key = 'ssh-ed25519 AAAAC3Nza a@example.com';
const tenantKey = 'ssh-ed25519 AAAAC3Nzb tenant@example.com';
const held = anAllocation({ sshKeys: [tenantKey] }, {}, { phase: 'Deployed', machine: 'm1' });
const deployed: MachineStatus = {
  phase: 'Deployed',
  phaseSince: ago(5000),
  allocation: reference,
  boot: { generation: 3, target: 'Disk' },
};
const ready: MachineStatus = {
  phase: 'Ready',
  phaseSince: ago(500),
  boot: { generation: 3, target: 'Disk' },
};

const observe = (status: MachineStatus, more: Partial<Observed> = {}): Observed =>
  seen(aMachine(status), {
    ...(status.allocation === undefined ? {} : { allocation: held }),
    ...more,
  });
/** The status that is there after one look: what the machine controller wrote, beside what others did. */
const later = (status: MachineStatus, seconds = 0, more: Partial<Observed> = {}): MachineStatus => {
  const { allocation, bootProgress, taskResult } = status;
  const { status: owned } = decide(observe(status, more), testNow + seconds * 1000, timings);
  const others = Object.entries({ allocation, bootProgress, taskResult });
  return { ...Object.fromEntries(others.filter(([, value]) => value !== undefined)), ...owned };
};
/** What follows from an order; the order is over for the next decision. */
const order = (status: MachineStatus, action: Name, parameters?: Parameters): MachineStatus =>
  later(status, 0, {
    actions: [anAction(action, parameters === undefined ? {} : { parameters })],
  });
const power = (status: MachineStatus, outcome: 'Succeeded' | 'Failed'): MachineStatus => ({
  ...status,
  power: {
    ...status.power,
    result: {
      ...{ id: status.power?.request?.id ?? '', rack: 'r', outcome, startedAt: ago(1), finishedAt: ago(1) },
      ...(outcome === 'Failed' ? { reason: 'BmcUnreachable', message: 'no answer' } : {}),
    },
  },
});
const reported = (
  status: MachineStatus,
  taskResult: Partial<MachineStatus['taskResult']>,
): MachineStatus => ({
  ...power(status, 'Succeeded'),
  bootProgress: {
    generation: status.boot?.generation ?? 0,
    stage: 'Agent',
    at: ago(1),
    rack: 'r',
    address: '10.0.0.9',
  },
  taskResult: { id: status.task?.id ?? '', outcome: 'Running', updatedAt: ago(1), ...taskResult },
});

describe('rescue', () => {
  const entering = order(deployed, 'Rescue', { sshKeys: [key] });

  it('boots the ephemeral OS with the keys of the order and of the tenant, and keeps the owner', () => {
    expect(entering).toMatchObject({
      phase: 'EnteringRescue',
      returnTo: { phase: 'Deployed' },
      task: { kind: 'Rescue', sshKeys: [key, tenantKey], generation: 4 },
      power: { request: { id: 'g4-boot', action: 'Cycle' } },
      action: { outcome: 'Running' },
    });
  });

  it.each<[string, MachineStatus, Name, 'Soft' | undefined]>([
    ['asks a tenant’s system to stop, so that it loses nothing', deployed, 'Rescue', 'Soft'],
    ['asks it also before a test', deployed, 'Test', 'Soft'],
    ['asks nobody where nothing is installed', ready, 'Rescue', undefined],
  ])('%s', (_, status, action, mode) => {
    expect(order(status, action, { sshKeys: [key] }).power?.request?.mode).toBe(mode);
  });

  it('is there once the agent says so, and tells where to log in', () => {
    const there = later(reported(entering, { step: 'Rescue', message: 'SHA256:abc' }));
    expect(there).toMatchObject({ phase: 'Rescue', returnTo: { phase: 'Deployed' } });
    const message = there.conditions?.find(({ type }) => type === 'Ready')?.message;
    expect(message).toMatch(/root@10\.0\.0\.9.*SHA256:abc/);
  });

  it('is not there while the agent is at an earlier step', () => {
    expect(later(reported(entering, { step: 'starting' })).phase).toBe('EnteringRescue');
  });

  it.each<[string, MachineStatus, number, string]>([
    ['the BMC fails', power(entering, 'Failed'), 0, 'BmcUnreachable'],
    ['no DHCP request comes', power(entering, 'Succeeded'), 1000, 'NoDhcp'],
    [
      'the agent fails',
      reported(entering, { outcome: 'Failed', reason: 'RescueFailed', message: 'no keys' }),
      0,
      'RescueFailed',
    ],
    ['the agent says nothing more', reported(entering, { step: 'starting' }), 200, 'AgentSilent'],
    ['the agent ends it at once', reported(entering, { outcome: 'Succeeded' }), 0, 'RescueEnded'],
  ])('fails by name when %s', (_, status, seconds, reason) => {
    expect(later(status, seconds)).toMatchObject({
      phase: 'RescueEntryFailed',
      failure: { reason },
      returnTo: { phase: 'Deployed' },
    });
  });

  const there = later(reported(entering, { step: 'Rescue' }));
  const rescued = { ...reported(entering, { step: 'Rescue' }), ...there };

  it('lasts as long as people want, and says when nothing is heard', () => {
    const silent = later(rescued, 3600);
    expect(silent).toMatchObject({ phase: 'Rescue' });
    expect(silent.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe('RescueSilent');
  });

  it('ends with the tenant’s OS started from disk, Deployed as before', () => {
    const leaving = order(rescued, 'ExitRescue');
    expect(leaving).toMatchObject({
      phase: 'ExitingRescue',
      boot: { generation: 5, target: 'Disk' },
      power: { request: { id: 'g5-return', action: 'Cycle', boot: 'Disk' } },
    });
    const back = later(power(leaving, 'Succeeded'));
    expect(back).toMatchObject({ phase: 'Deployed', step: 'Returned' });
    expect(back.returnTo).toBeUndefined();
    const muchLater = later({ ...leaving, ...back }, 100_000);
    expect(muchLater.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
  });

  it('that cannot be ended fails by name, and can be ended again', () => {
    const failed = later(power(order(rescued, 'ExitRescue'), 'Failed'));
    expect(failed).toMatchObject({ phase: 'RescueExitFailed', returnTo: { phase: 'Deployed' } });
    const again = order({ ...failed, action: undefined }, 'ExitRescue');
    expect(again).toMatchObject({ phase: 'ExitingRescue', power: { request: { id: 'g6-return' } } });
  });

  it('that no rack ends is a failure in time', () => {
    const leaving = order(rescued, 'ExitRescue');
    expect(later({ ...rescued, ...leaving }, 301)).toMatchObject({
      phase: 'RescueExitFailed',
      failure: { reason: 'PowerTimeout' },
    });
  });

  it('of a machine that nobody holds ends with it off', () => {
    const entered = order(ready, 'Rescue', { sshKeys: [key] });
    const leaving = order({ ...entered, action: undefined }, 'Abort');
    expect(leaving).toMatchObject({ phase: 'ExitingRescue', power: { request: { action: 'Off' } } });
    expect(later(power(leaving, 'Succeeded')).phase).toBe('Ready');
  });

  it('is left for the release when the Allocation goes', () => {
    const gone = seen(aMachine({ ...rescued, action: undefined }), { allocation: undefined });
    const { status, commands } = decide(gone, testNow, timings);
    expect(status).toMatchObject({ phase: 'Releasing', release: { erase: 'Quick' } });
    expect(status.returnTo).toBeUndefined();
    expect(commands[0]?.kind).toBe('ConfirmReleased');
  });

  it('of a locked machine whose Allocation goes comes to its end all the same', () => {
    const locked = seen(aMachine(power(entering, 'Failed'), { locked: true }), { allocation: undefined });
    const { status } = decide(locked, testNow, timings);
    expect(status).toMatchObject({ phase: 'RescueEntryFailed', returnTo: { phase: 'Deployed' } });
  });
});

describe('tests of the hardware', () => {
  const testing = order(ready, 'Test', { tests: ['memory'] });
  const failedStatus = reported(testing, {
    outcome: 'Failed',
    reason: 'TestFailed',
    message: 'memory: 3 errors',
  });
  const failed = { ...failedStatus, ...later(failedStatus), action: undefined };

  it('are those of the order', () => {
    expect(testing).toMatchObject({
      phase: 'Testing',
      task: { kind: 'Test', tests: ['memory'] },
      returnTo: { phase: 'Ready' },
    });
  });

  it('lead back to where it was, with the machine off', () => {
    const back = later(reported(testing, { outcome: 'Succeeded' }));
    expect(back).toMatchObject({ phase: 'Testing', step: 'Return', power: { request: { action: 'Off' } } });
    const home = later(power(back, 'Succeeded'));
    expect(home).toMatchObject({ phase: 'Ready', action: { outcome: 'Running' } });
    expect(later({ ...back, ...home }).action).toMatchObject({ outcome: 'Succeeded' });
  });

  it('leave a machine on that people may log in to', () => {
    const on = order(ready, 'Test', { sshKeys: [key], enableSsh: true });
    const back = later(reported(on, { outcome: 'Succeeded' }));
    expect(back).toMatchObject({ phase: 'Ready', task: { enableSsh: true } });
    expect(back.power?.request?.action).not.toBe('Off');
  });

  it('that fail are named', () => {
    expect(failed).toMatchObject({ phase: 'TestingFailed', failure: { reason: 'TestFailed' } });
    expect(failed.failure?.message).toContain('memory: 3 errors');
  });

  it('may be overridden', () => {
    const back = order(failed, 'Override');
    expect(back).toMatchObject({ phase: 'Ready', action: { outcome: 'Succeeded' } });
    expect(back.failure).toBeUndefined();
  });

  it('do not make a failed machine sound', () => {
    const failure = { reason: 'EraseFailed', message: 'sda is dead' };
    const release = { allocationUid: 'x', erase: 'Full' } as const;
    const before: MachineStatus = { ...ready, phase: 'EraseFailed', failure, release };
    const back = later(power(later(reported(order(before, 'Test'), { outcome: 'Succeeded' })), 'Succeeded'));
    expect(back).toMatchObject({ phase: 'EraseFailed', failure, release });
  });

  it('of a deployed machine that failed are overridden by starting its disk', () => {
    const status = reported(order(deployed, 'Test'), { outcome: 'Failed', message: 'disk' });
    const bad = { ...status, ...later(status), action: undefined };
    expect(bad).toMatchObject({ phase: 'TestingFailed', allocation: reference });
    const back = order(bad, 'Override');
    expect(back).toMatchObject({ phase: 'Testing', step: 'Return', power: { request: { boot: 'Disk' } } });
    expect(later(power(back, 'Succeeded')).phase).toBe('Deployed');
  });
});

describe('a broken machine of a tenant', () => {
  const broken = { ...order(deployed, 'MarkBroken'), action: undefined };

  it('stays his, and is not switched', () => {
    expect(broken).toMatchObject({ phase: 'Broken', returnTo: { phase: 'Deployed' } });
    expect(broken.power).toBeUndefined();
    expect(broken.release).toBeUndefined();
  });

  it('is Deployed again when it is mended', () => {
    const fixed = order({ ...broken, allocation: reference }, 'MarkFixed');
    expect(fixed).toMatchObject({ phase: 'Deployed' });
    expect(fixed.returnTo).toBeUndefined();
  });

  it('may be rescued in between', () => {
    const rescue = order({ ...broken, allocation: reference }, 'Rescue');
    expect(rescue.returnTo).toMatchObject({ phase: 'Broken', wasDeployed: true });
    const leaving = order({ ...rescue, allocation: reference, action: undefined }, 'ExitRescue');
    const back = later({ ...power(leaving, 'Succeeded'), allocation: reference });
    expect(back).toMatchObject({ phase: 'Broken', returnTo: { phase: 'Deployed' } });
    expect(back.failure?.reason).toBe('MarkedBroken');
  });

  it('is remembered as his when it is marked broken again while it is rescued', () => {
    const rescue = order(broken, 'Rescue');
    const again = order({ ...rescue, action: undefined }, 'MarkBroken');
    expect(again).toMatchObject({ phase: 'Broken', returnTo: { phase: 'Deployed' } });
  });

  it('is erased first when he has gone meanwhile', () => {
    const gone = later({ ...broken, allocation: reference }, 0, { allocation: undefined });
    expect(gone).toMatchObject({ phase: 'Broken', release: { erase: 'Quick' } });
    expect(order({ ...gone, allocation: undefined }, 'MarkFixed')).toMatchObject({ phase: 'Releasing' });
  });
});
