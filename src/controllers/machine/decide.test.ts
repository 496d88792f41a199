import { describe, expect, it } from 'vitest';
import { findCondition } from '../../api/conditions.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { names } from '../../api/meta.ts';
import { isNews } from './decide.ts';
import type { Observed } from './observed.ts';
import { ago, aMachine, anAllocation, reference, seen, testNow } from './testing/builders.ts';
import { booted, decideAt, readyOf, said } from './testing/decisions.ts';
import { defaultMachineTimings as timings } from './timings.ts';

const uid = 'allocation-uid';
const annotated = { annotations: { [names.allocation]: `default/web/${uid}` } };
const known = anAllocation({}, {}, { phase: 'Deployed', machine: 'm1', machineUid: 'machine-uid' });

describe('a machine without a phase', () => {
  it.each<[string, Observed, MachineStatus['phase']]>([
    ['is New when a person described it', seen(aMachine(undefined), { hardware: undefined }), 'New'],
    [
      'is Enlisting when a rack made it and its inventory is not there',
      seen(aMachine(undefined, {}, { labels: { [names.enlistedBy]: 'r' } }), { hardware: undefined }),
      'Enlisting',
    ],
    [
      'is New when a rack made it and its inventory is there',
      seen(aMachine(undefined, {}, { labels: { [names.enlistedBy]: 'r' } })),
      'New',
    ],
    [
      'is Deployed when the Allocation of its annotation knows it: its status was lost',
      seen(aMachine(undefined, {}, annotated), { allocation: known }),
      'Deployed',
    ],
    [
      'is Broken when the Allocation of its annotation is not there',
      seen(aMachine(undefined, {}, annotated)),
      'Broken',
    ],
    [
      'is Broken when the Allocation of its annotation knows another machine',
      seen(aMachine(undefined, {}, annotated), { allocation: anAllocation({}, {}, { machine: 'm2' }) }),
      'Broken',
    ],
    [
      'is Broken when the Allocation of its annotation is being deleted',
      seen(aMachine(undefined, {}, annotated), {
        allocation: anAllocation({}, { deletionTimestamp: ago(1) }, { machine: 'm1' }),
      }),
      'Broken',
    ],
  ])('%s', (_, observed, phase) => {
    const decision = decideAt(observed);
    expect(decision.status.phase).toBe(phase);
    expect(decision.status.power).toBeUndefined();
    expect(decision.meta.finalizer).toBe(true);
  });

  it('keeps its annotation until something is decided, and is taken back when the Allocation was restored', () => {
    const lost = seen(aMachine(undefined, {}, annotated));
    const broken = decideAt(lost);
    expect(broken.meta.allocation).toBe(`default/web/${uid}`);
    const later = seen(aMachine(broken.status, {}, annotated), { allocation: known });
    expect(decideAt(later).status).toMatchObject({ phase: 'Deployed' });
    expect(decideAt(later).status.failure).toBeUndefined();
  });
});

describe('Enlisting', () => {
  const enlisting = aMachine({ phase: 'Enlisting', phaseSince: ago(60) });
  it('waits for the inventory', () => {
    const decision = decideAt(seen(enlisting, { hardware: undefined }));
    expect(readyOf(decision)).toBe('Reconciling Enlisting');
    expect(decision.requeueAfterMs).toBeLessThanOrEqual(timings.enlist - 60_000 + 1);
  });
  it('stays and says so when the inventory does not come', () => {
    const decision = decideAt(seen(enlisting, { hardware: undefined }), 600);
    expect(decision.status.phase).toBe('Enlisting');
    expect(readyOf(decision)).toBe('Stalled EnlistingTimeout');
  });
  it('is New once the inventory is there', () => {
    expect(decideAt(seen(enlisting)).status.phase).toBe('New');
  });
});

describe('New', () => {
  const fresh: MachineStatus = { phase: 'New', phaseSince: ago(5) };
  it.each([
    ['waits for approval', aMachine(fresh, { approved: false }), 'Stalled AwaitingApproval'],
    ['waits for a BMC', aMachine(fresh, { bmc: undefined }), 'Stalled AwaitingBmc'],
    ['waits while it is locked', aMachine(fresh, { locked: true }), 'Stalled Locked'],
    [
      'is not commissioned a second time by itself',
      aMachine({ ...fresh, commissioned: { attempts: 1 } }),
      'Stalled AwaitingCommission',
    ],
  ])('%s', (_, machine, ready) => {
    const decision = decideAt(seen(machine));
    expect(decision.status.phase).toBe('New');
    expect(decision.status.power).toBeUndefined();
    expect(readyOf(decision)).toBe(ready);
  });

  it('is commissioned: boot, task and power in one write', () => {
    const { status } = decideAt(seen(aMachine(fresh)));
    expect(status).toMatchObject({
      phase: 'Commissioning',
      step: 'Boot',
      commissioned: { attempts: 1 },
      boot: { generation: 1, target: 'EphemeralOS' },
      task: { id: 'g1-inventory', generation: 1, kind: 'Inventory' },
      power: { request: { id: 'g1-boot', action: 'Cycle', boot: 'Network' } },
    });
    expect(Date.parse(status.boot?.expiresAt ?? '')).toBeGreaterThan(testNow);
  });

  it.each(['UefiHttp', 'VirtualMedia'] as const)('boots by %s where the machine says so', (method) => {
    const boot = { method, taggedVlan: false };
    expect(decideAt(seen(aMachine(fresh, { boot }))).status.power?.request?.boot).toBe(method);
  });

  it('asks a person for the power where the driver is manual', () => {
    const decision = decideAt(seen(aMachine(fresh, { bmc: { driver: 'manual' } })));
    expect(decision.status.phase).toBe('Commissioning');
    expect(decision.status.power).toBeUndefined();
    expect(readyOf(decision)).toBe('Reconciling AwaitingPerson');
  });
});

const commissioning: MachineStatus = {
  ...booted,
  phase: 'Commissioning',
  phaseSince: ago(60),
  step: 'Boot',
  stepSince: ago(60),
  commissioned: { attempts: 1 },
  task: { id: 'g3-inventory', generation: 3, kind: 'Inventory' },
};

const at = (stage: 'Dhcp' | 'Loader' | 'Kernel' | 'Agent', generation = 3) => ({
  bootProgress: { generation, stage, at: ago(40), rack: 'r1' },
});
describe('a boot into the ephemeral OS', () => {
  it.each<[string, MachineStatus, number, string]>([
    [
      'fails as PowerTimeout when no rack takes the request',
      { power: { request: booted.power.request } },
      240,
      'PowerTimeout',
    ],
    [
      'fails as PowerTimeout when the rack that took it vanished',
      {
        power: {
          ...booted.power,
          result: { ...booted.power.result, outcome: 'Running', finishedAt: undefined },
        },
      },
      540,
      'PowerTimeout',
    ],
    [
      'fails with the reason of the BMC',
      {
        power: {
          ...booted.power,
          result: {
            ...booted.power.result,
            outcome: 'Failed',
            reason: 'BmcUnreachable',
            message: 'no answer',
          },
        },
      },
      0,
      'BmcUnreachable',
    ],
    ['fails as NoDhcp when nothing was seen after power-on', {}, 550, 'NoDhcp'],
    ['takes what an earlier boot did for nothing', at('Agent', 2), 550, 'NoDhcp'],
    ['fails as NoLoader when DHCP was the last thing seen', at('Dhcp'), 550, 'NoLoader'],
    ['fails as NoKernel when the loader was the last thing seen', at('Loader'), 550, 'NoKernel'],
    ['fails as AgentSilent when the kernel was the last thing seen', at('Kernel'), 550, 'AgentSilent'],
    ['fails as AgentSilent when the agent called and did nothing', at('Agent'), 550, 'AgentSilent'],
    ['fails as AgentSilent when the agent falls silent over its task', said('Running'), 110, 'AgentSilent'],
    [
      'fails with the reason of the agent',
      { taskResult: { ...said('Failed').taskResult, reason: 'InventoryFailed', message: 'no /sys' } },
      0,
      'InventoryFailed',
    ],
  ])('%s', (_, over, later, reason) => {
    const observed = seen(aMachine({ ...commissioning, ...over }));
    const decision = decideAt(observed, later);
    expect(decision.status.failure?.reason).toBe(reason);
    expect(decision.status.failure?.message).toMatch(/Expected: .+ Seen: .+ To try: /);
    expect(decision.status).toMatchObject({
      phase: 'CommissioningFailed',
      boot: { generation: 3, target: 'Disk' },
      power: { request: { id: 'g3-off', action: 'Off' } },
    });
    expect(readyOf(decision)).toBe(`Stalled ${reason}`);
    expect(decision.events).toMatchObject([{ type: 'Warning', reason }]);
    if (later > 0) expect(decideAt(observed, later - 11).status.phase).toBe('Commissioning');
  });

  it.each<[string, MachineStatus, string]>([
    ['is being switched on', { power: { request: booted.power.request } }, 'PoweringOn'],
    ['boots', at('Dhcp'), 'Booting'],
    ['is at work', said('Running'), 'Commissioning'],
  ])('waits while the machine %s, and looks again at its next limit', (_, over, reason) => {
    const decision = decideAt(seen(aMachine({ ...commissioning, ...over })));
    expect(readyOf(decision)).toBe(`Reconciling ${reason}`);
    expect(decision.requeueAfterMs).toBeGreaterThan(0);
    expect(decision.requeueAfterMs).toBeLessThan(timings.boot);
  });

  it('ends however long the agent says that it works', () => {
    const chatty = { ...commissioning, stepSince: ago(1800), ...said('Running') };
    expect(decideAt(seen(aMachine(chatty))).status.failure?.reason).toBe('CommissioningTimeout');
  });

  it('believes an agent that has ended, whatever the BMC says', () => {
    const odd = { ...commissioning, power: { request: booted.power.request }, ...said('Succeeded') };
    expect(decideAt(seen(aMachine(odd)), 400).status.step).toBe('PowerOff');
  });
});

describe('Commissioning', () => {
  it('switches the machine off once the inventory is stored, with no boot token left', () => {
    const { status } = decideAt(seen(aMachine({ ...commissioning, ...said('Succeeded') })));
    expect(status).toMatchObject({
      phase: 'Commissioning',
      step: 'PowerOff',
      boot: { generation: 3, target: 'Disk' },
      power: { request: { id: 'g3-off', action: 'Off' } },
    });
    expect(status.boot?.expiresAt).toBeUndefined();
  });

  it('waits for an inventory that the cache does not have yet', () => {
    const ended = aMachine({ ...commissioning, ...said('Succeeded') });
    expect(readyOf(decideAt(seen(ended, { hardware: undefined })))).toBe('Reconciling StoringInventory');
    const late = decideAt(seen(ended, { hardware: undefined }), 1800);
    expect(late.status.failure?.reason).toBe('InventoryMissing');
  });

  it('is Ready, and may be allocated, when the machine is off', () => {
    const off = {
      request: { id: 'g3-off', action: 'Off', requestedAt: ago(5) },
      result: { id: 'g3-off', rack: 'r1', outcome: 'Succeeded', startedAt: ago(4), finishedAt: ago(1) },
    } as const;
    const decision = decideAt(seen(aMachine({ ...commissioning, step: 'PowerOff', power: off })));
    expect(decision.status).toMatchObject({ phase: 'Ready', hardware: { cores: 2 } });
    expect(decision.status.power).toBeUndefined();
    expect(readyOf(decision)).toBe('Ready Ready');
    expect(findCondition(decision.status.conditions, 'Available')?.status).toBe('True');
  });

  it('does not wait for a BMC that there is not', () => {
    const manual = { ...commissioning, power: undefined, ...said('Succeeded') };
    expect(decideAt(seen(aMachine(manual, { bmc: { driver: 'manual' } }))).status.phase).toBe('Ready');
  });
});

describe('Ready', () => {
  const idle: MachineStatus = { phase: 'Ready', phaseSince: ago(60) };
  it('is Allocated once an Allocation has claimed it, and the annotation names it', () => {
    const held = seen(aMachine({ ...idle, allocation: reference }), { allocation: known });
    const decision = decideAt(held);
    expect(decision.status.phase).toBe('Allocated');
    expect(decision.meta.allocation).toBe(`default/web/${uid}`);
    expect(findCondition(decision.status.conditions, 'Available')?.status).toBe('False');
  });
  it.each([
    ['Maintenance', { maintenance: true }],
    ['Locked', { locked: true }],
    ['NotApproved', { approved: false }],
  ])('is not Available for reason %s', (reason, spec) => {
    const decision = decideAt(seen(aMachine(idle, spec)));
    expect(findCondition(decision.status.conditions, 'Available')).toMatchObject({ status: 'False', reason });
  });
  it('is written once, and then nothing until something happens', () => {
    const machine = aMachine(idle);
    const first = decideAt(seen(machine));
    expect(isNews(seen(machine), first.status)).toBe(true);
    const second = seen(aMachine(first.status));
    expect(isNews(second, decideAt(second, 3600).status)).toBe(false);
    expect(decideAt(second, 3600).requeueAfterMs).toBeUndefined();
  });
});
