import { describe, expect, it } from 'vitest';
import { machinePhases } from '../../api/machine/phases.ts';
import type { MachineSpec } from '../../api/machine/spec.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { type MachineAction, machineActions } from '../../api/machine-action/schema.ts';
import { names } from '../../api/meta.ts';
import { actionRules } from '../../domain/lifecycle/actions.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Observed } from './observed.ts';
import { ago, aMachine, anAction, anAllocation, reference, seen, testNow } from './testing/builders.ts';
import { defaultMachineTimings as timings } from './timings.ts';

function decideAt(observed: Observed, secondsLater = 0): Decision {
  return decide(observed, testNow + secondsLater * 1000, timings);
}

function withActions(
  status: MachineStatus,
  actions: MachineAction[],
  spec: Partial<MachineSpec> = {},
): Observed {
  return seen(aMachine(status, spec), { actions });
}

const boot = { generation: 3, target: 'EphemeralOS' } as const;
const at = (phase: MachineStatus['phase'], more: MachineStatus = {}): MachineStatus => ({
  phase,
  phaseSince: ago(5),
  step: phase === 'Commissioning' ? 'Boot' : phase === 'Erasing' ? 'Erase' : 'Install',
  stepSince: ago(5),
  boot,
  ...more,
});
const held = anAllocation({}, {}, { phase: 'Deployed', machine: 'm1' });

describe('an action', () => {
  const refusedPairs = machineActions.flatMap((action) =>
    machinePhases
      .filter((phase) => !actionRules[action].from.includes(phase))
      .map((phase) => [action, phase] as const),
  );
  it.each(refusedPairs)('%s is refused while the machine is %s, and changes nothing', (action, phase) => {
    const observed = withActions(at(phase), [anAction(action)]);
    const { status, commands } = decideAt(observed);
    expect(status.action).toMatchObject({ outcome: 'Refused', uid: `${action.toLowerCase()}-uid` });
    expect(status.action?.message).toContain(phase);
    expect(status.phase).toBe(phase);
    expect(status.boot).toEqual(boot);
    expect(commands[0]?.kind).toBe('ConfirmAction');
  });

  it.each(['Test', 'Rescue', 'Commission', 'MarkBroken'] as const)(
    '%s waits while the machine is Ready and an Allocation has just claimed it: it is Allocated first',
    (action) => {
      const { status } = decideAt(withActions(at('Ready', { allocation: reference }), [anAction(action)]));
      expect(status.phase).toBe('Allocated');
      expect(status.action).toBeUndefined();
    },
  );

  const lockable = machineActions.filter((action) => action !== 'Lock' && action !== 'Unlock');
  it.each(lockable)('%s is refused by a locked machine', (action) => {
    const [phase] = actionRules[action].from;
    const { status } = decideAt(withActions(at(phase), [anAction(action)], { locked: true }));
    expect(status.action).toMatchObject({ outcome: 'Refused' });
    expect(status.action?.message).toContain('locked');
    expect(status.phase).toBe(phase);
    const byAction = decideAt(withActions({ ...at(phase), locked: true }, [anAction(action)])).status;
    expect(byAction).toMatchObject({ phase, action: { outcome: 'Refused' }, locked: true });
  });

  it.each<[string, MachineAction['spec']['action'], MachineStatus, Partial<MachineSpec>, RegExp]>([
    ['Commission without approval', 'Commission', at('Ready'), { approved: false }, /not approved/],
    ['Commission without a BMC', 'Commission', at('New'), { bmc: undefined }, /no spec\.bmc/],
    [
      'Commission of a held machine',
      'Commission',
      at('Broken', { allocation: reference }),
      {},
      /default\/web/,
    ],
    [
      'Commission of a machine with something to erase',
      'Commission',
      at('Broken', { release: { allocationUid: 'x', erase: 'Quick' } }),
      {},
      /yet to be released/,
    ],
    ['power without a BMC', 'PowerOn', at('New'), { bmc: undefined }, /spec\.bmc/],
    [
      'power of a machine that a person switches',
      'PowerOff',
      at('Ready'),
      { bmc: { driver: 'manual' } },
      /manual/,
    ],
    ['Unlock of what spec locks', 'Unlock', at('Ready', { locked: true }), { locked: true }, /spec\.locked/],
    ['Rescue that nobody could log in to', 'Rescue', at('Ready'), {}, /sshKeys/],
    ['Test without approval', 'Test', at('New'), { approved: false }, /not approved/],
    [
      'Abort of what is on its way back',
      'Abort',
      { ...at('Testing'), step: 'Return', returnTo: { phase: 'Ready' } },
      {},
      /on its way back/,
    ],
    ['CloneConfiguration without targets', 'CloneConfiguration', at('Ready'), {}, /parameters\.clone/],
    ['MarkFixed of a held machine', 'MarkFixed', at('Broken', { allocation: reference }), {}, /default\/web/],
    ['Release of a held machine', 'Release', at('Broken', { allocation: reference }), {}, /default\/web/],
  ])('refuses %s', (_, action, status, spec, message) => {
    const observed = { ...withActions(status, [anAction(action)], spec), allocation: held };
    const decision = decideAt(observed);
    expect(decision.status.action).toMatchObject({ outcome: 'Refused' });
    expect(decision.status.action?.message).toMatch(message);
    expect(decision.status.phase).toBe(status.phase);
  });

  it.each<[MachineAction['spec']['action'], MachineStatus, MachineStatus]>([
    ['Commission', at('CommissioningFailed'), { phase: 'Commissioning', boot: { ...boot, generation: 4 } }],
    [
      'MarkBroken',
      at('Erasing', { release: { allocationUid: 'x', erase: 'Full' } }),
      {
        phase: 'Broken',
        boot: { generation: 3, target: 'Disk' },
        release: { allocationUid: 'x', erase: 'Full' },
      },
    ],
    ['MarkFixed', at('Broken'), { phase: 'Ready' }],
    ['MarkFixed', at('Broken', { release: { allocationUid: 'x', erase: 'Full' } }), { phase: 'Releasing' }],
    ['Abort', at('Commissioning'), { phase: 'New', boot: { generation: 3, target: 'Disk' } }],
    [
      'Abort',
      at('Erasing'),
      { phase: 'EraseFailed', failure: expect.objectContaining({ reason: 'Aborted' }) },
    ],
    [
      'Release',
      at('EraseFailed', { release: { allocationUid: 'x', erase: 'Full' } }),
      {
        phase: 'Releasing',
        release: { allocationUid: 'x', erase: 'Full' },
      },
    ],
    ['Release', at('Broken'), { phase: 'Releasing', release: { allocationUid: 'unknown', erase: 'Quick' } }],
  ])('%s is taken up together with what it causes', (action, status, result) => {
    const decision = decideAt(withActions(status, [anAction(action)]));
    const expected =
      result.boot === undefined
        ? result
        : {
            ...result,
            boot: expect.objectContaining(result.boot.target === 'Disk' ? result.boot : { generation: 4 }),
          };
    expect(decision.status).toMatchObject(expected);
    const lasts = actionRules[action].lasts?.some((lasting) => lasting === result.phase) === true;
    expect(decision.status.action).toMatchObject({ action, outcome: lasts ? 'Running' : 'Succeeded' });
  });

  it('Abort of a deployment fails it, with the machine off and the seed gone', () => {
    const deploying = at('Deploying', { allocation: reference });
    const decision = decideAt({ ...withActions(deploying, [anAction('Abort')]), allocation: held });
    expect(decision.status).toMatchObject({
      phase: 'DeploymentFailed',
      failure: { reason: 'Aborted' },
      power: { request: { id: 'g3-off' } },
    });
    expect(decision.commands.map(({ kind }) => kind)).toEqual(['ConfirmAction', 'DeleteSeed']);
  });

  it('is not begun again by an aborted machine of its own accord', () => {
    const aborted = decideAt(
      withActions(at('Commissioning', { commissioned: { attempts: 1 } }), [anAction('Abort')]),
    ).status;
    const later = decideAt(withActions(aborted, [anAction('Abort', { status: { phase: 'Succeeded' } })]));
    expect(later.status.phase).toBe('New');
  });

  it('MarkFixed leaves a machine whose hardware is unknown as New', () => {
    const observed = { ...withActions(at('Broken'), [anAction('MarkFixed')]), hardware: undefined };
    expect(decideAt(observed).status.phase).toBe('New');
  });

  it('Release of a machine whose Allocation was lost erases it, and lets its annotation go', () => {
    const annotations = { [names.allocation]: 'default/web/lost-uid' };
    const lost = aMachine(
      { phase: 'Broken', failure: { reason: 'AllocationLost', message: '' } },
      {},
      { annotations },
    );
    const { status } = decideAt(seen(lost, { actions: [anAction('Release')] }));
    expect(status).toMatchObject({
      phase: 'Releasing',
      release: { allocationUid: 'lost-uid', erase: 'Quick' },
    });
    const after = decideAt(seen(aMachine(status, {}, { annotations })));
    expect(after.status.phase).toBe('Erasing');
    expect(after.meta.allocation).toBeUndefined();
  });
});

describe('actions one after the other', () => {
  it('takes the oldest first', () => {
    const actions = [anAction('MarkBroken', { name: 'a' }), anAction('PowerOn', { name: 'b' })];
    expect(decideAt(withActions(at('Ready'), actions)).status.action?.name).toBe('a');
  });
  it('takes none again whose own status does not say yet that it ended', () => {
    const action = { name: 'a', uid: 'a-uid', outcome: 'Succeeded', message: '' } as const;
    const actions = [anAction('Commission', { name: 'a' }), anAction('MarkBroken', { name: 'b' })];
    const { status } = decideAt(withActions(at('Ready', { action }), actions));
    expect(status).toMatchObject({ phase: 'Ready', action });
  });
  it('takes the next when the last one is told to have ended', () => {
    const action = { name: 'a', uid: 'a-uid', outcome: 'Succeeded', message: '' } as const;
    const ended = anAction('Commission', { name: 'a', status: { phase: 'Succeeded' } });
    const { status } = decideAt(
      withActions(at('Ready', { action }), [ended, anAction('MarkBroken', { name: 'b' })]),
    );
    expect(status).toMatchObject({ phase: 'Broken', action: { name: 'b' } });
  });
});

describe('power by an action', () => {
  const ready = at('Ready', { boot: { generation: 3, target: 'Disk' } });
  it('is a request with the uid of the action as its id, and leaves the phase', () => {
    const { status } = decideAt(withActions(ready, [anAction('PowerCycle')]));
    expect(status).toMatchObject({
      phase: 'Ready',
      action: { outcome: 'Running' },
      power: { request: { id: 'powercycle-uid', action: 'Cycle' } },
    });
    expect(status.power?.request?.boot).toBeUndefined();
  });

  const request = { id: 'poweron-uid', action: 'On', requestedAt: ago(5) } as const;
  const running: MachineStatus = {
    ...ready,
    action: { name: 'poweron', uid: 'poweron-uid', outcome: 'Running', message: '' },
    power: { request },
  };
  const actions = [anAction('PowerOn', { status: { phase: 'Running' } }), anAction('MarkBroken')];
  const result = (outcome: 'Succeeded' | 'Failed') => ({
    request,
    result: { id: 'poweron-uid', rack: 'r', outcome, reason: 'BmcBusy', message: 'busy', startedAt: ago(3) },
  });

  it('holds up the next action until it has ended', () => {
    const decision = decideAt(withActions(running, actions));
    expect(decision.status).toMatchObject({ phase: 'Ready', action: { outcome: 'Running' } });
    expect(decision.requeueAfterMs).toBeLessThanOrEqual(timings.power);
  });
  it('succeeds with the power request', () => {
    const { status } = decideAt(withActions({ ...running, power: result('Succeeded') }, actions));
    expect(status.action).toMatchObject({ name: 'poweron', outcome: 'Succeeded' });
  });
  it('fails with the power request, and says why', () => {
    const { status } = decideAt(withActions({ ...running, power: result('Failed') }, actions));
    expect(status.action).toMatchObject({ outcome: 'Failed', message: expect.stringContaining('busy') });
  });
  it('is withdrawn when no rack took it, so that none does tomorrow', () => {
    const { status } = decideAt(withActions(running, actions), 300);
    expect(status.action).toMatchObject({ outcome: 'Failed' });
    expect(status.power).toBeUndefined();
  });
  it('fails when the lifecycle needs the power for itself', () => {
    const other = { request: { id: 'g4-boot', action: 'Cycle' as const, requestedAt: ago(1) } };
    const { status } = decideAt(withActions({ ...running, power: other }, actions));
    expect(status.action).toMatchObject({ outcome: 'Failed' });
    expect(status.power?.request?.id).toBe('g4-boot');
  });
  it('waits for a power request that is under way, and looks again when that has to be over', () => {
    const failed = at('CommissioningFailed', {
      failure: { reason: 'NoDhcp', message: '' },
      power: { request: { id: 'g3-off', action: 'Off', requestedAt: ago(5) } },
    });
    const decision = decideAt(withActions(failed, [anAction('PowerOn')]));
    expect(decision.status.action).toBeUndefined();
    expect(decision.requeueAfterMs).toBeLessThanOrEqual(timings.power);
    expect(decideAt(withActions(failed, [anAction('PowerOn')]), 300).status.action?.outcome).toBe('Running');
  });
});
