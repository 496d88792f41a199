import { describe, expect, it } from 'vitest';
import { findCondition } from '../../api/conditions.ts';
import type { MachineStatus } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import { decide, isNews } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Observed } from './observed.ts';
import { ago, aMachine, anAllocation, anImage, reference, seen, testNow } from './testing/builders.ts';
import { defaultMachineTimings as timings } from './timings.ts';

function decideAt(observed: Observed, secondsLater = 0): Decision {
  return decide(observed, testNow + secondsLater * 1000, timings);
}

function readyOf({ status }: Decision): string {
  const ready = findCondition(status.conditions, 'Ready');
  const on = (type: string): string =>
    findCondition(status.conditions, type)?.status === 'True' ? type : '';
  return `${on('Ready')}${on('Reconciling')}${on('Stalled')} ${ready?.reason}`;
}

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
    expect(decision.requeueAfterMs).toBe(timings.enlist - 60_000 + 1);
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

  it('boots by UEFI HTTP where the BMC is told so', () => {
    const bmc = {
      driver: 'redfish',
      address: 'x',
      credentialsSecret: 's',
      parameters: { bootDevice: 'UefiHttp' },
    } as const;
    expect(decideAt(seen(aMachine(fresh, { bmc }))).status.power?.request?.boot).toBe('UefiHttp');
  });

  it('asks a person for the power where the driver is manual', () => {
    const decision = decideAt(seen(aMachine(fresh, { bmc: { driver: 'manual' } })));
    expect(decision.status.phase).toBe('Commissioning');
    expect(decision.status.power).toBeUndefined();
    expect(readyOf(decision)).toBe('Reconciling AwaitingPerson');
  });
});

const booted = {
  boot: { generation: 3, target: 'EphemeralOS' },
  power: {
    request: { id: 'g3-boot', action: 'Cycle', boot: 'Network', requestedAt: ago(60) },
    result: {
      id: 'g3-boot',
      rack: 'r1',
      outcome: 'Succeeded',
      startedAt: ago(59),
      finishedAt: ago(50),
    },
  },
} as const satisfies MachineStatus;

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
const said = (outcome: 'Running' | 'Succeeded' | 'Failed', id = 'g3-inventory', secondsAgo = 10) => ({
  taskResult: { id, outcome, step: 'disks', updatedAt: ago(secondsAgo) },
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

const holding = { allocation: known, image: anImage() };

describe('Allocated', () => {
  const allocated: MachineStatus = { phase: 'Allocated', phaseSince: ago(10), allocation: reference };
  it('goes on to Deploying when the image is there', () => {
    expect(decideAt(seen(aMachine(allocated), holding)).status).toMatchObject({
      phase: 'Deploying',
      step: 'Seed',
    });
  });
  it.each([
    ['that does not exist', undefined],
    ['that is not imported', anImage({}, false)],
  ])('waits for an image %s, and fails in the end', (_, image) => {
    const waiting = seen(aMachine(allocated), { ...holding, image });
    expect(readyOf(decideAt(waiting))).toBe('Reconciling AwaitingImage');
    expect(decideAt(waiting, 7200).status).toMatchObject({
      phase: 'DeploymentFailed',
      failure: { reason: 'BootImageNotReady' },
    });
  });
  it('waits for an address for a moment, where one is to be expected', () => {
    const bootProgress = { generation: 1, stage: 'Agent', at: ago(999), rack: 'r1', subnet: 's1' } as const;
    const waiting = seen(aMachine({ ...allocated, bootProgress }), holding);
    expect(readyOf(decideAt(waiting))).toBe('Reconciling AwaitingAddress');
    expect(decideAt(waiting, 30).status.phase).toBe('Deploying');
  });
});

describe('Deploying', () => {
  const deploying: MachineStatus = {
    phase: 'Deploying',
    phaseSince: ago(60),
    step: 'Seed',
    stepSince: ago(60),
    allocation: reference,
    boot: { generation: 2, target: 'Disk' },
  };
  it('asks for the seed, and changes nothing before it is there', () => {
    const decision = decideAt(seen(aMachine(deploying), holding));
    expect(decision.commands).toEqual([{ kind: 'EnsureSeed', rackUrl: 'http://192.0.2.7:8080' }]);
    expect(decision.status.step).toBe('Seed');
  });
  it('boots with the install task once the seed is there', () => {
    const seed = { kind: 'Ready', tokenHash: 'f'.repeat(64) } as const;
    const { status } = decideAt(seen(aMachine(deploying), { ...holding, seed }));
    expect(status).toMatchObject({
      step: 'Install',
      phoneHomeTokenHash: 'f'.repeat(64),
      boot: { generation: 3, target: 'EphemeralOS' },
      task: { id: 'g3-install', kind: 'Install', image: 'debian-12', secret: 'seed-m1' },
      power: { request: { id: 'g3-boot', action: 'Cycle' } },
    });
  });
  it('fails when the user data cannot be had', () => {
    const seed = { kind: 'Unavailable', message: 'there is no Secret default/x' } as const;
    const { status } = decideAt(seen(aMachine(deploying), { ...holding, seed }));
    expect(status).toMatchObject({ phase: 'DeploymentFailed', failure: { reason: 'SeedUnavailable' } });
    expect(status.power).toBeUndefined();
  });
  it('waits for a rack to phone home to, and fails without one', () => {
    const alone = seen(aMachine(deploying), { ...holding, rackUrl: undefined });
    expect(readyOf(decideAt(alone))).toBe('Reconciling AwaitingRack');
    expect(decideAt(alone, 300).status.failure?.reason).toBe('NoRack');
  });

  const installing: MachineStatus = {
    ...deploying,
    ...booted,
    step: 'Install',
    task: { id: 'g3-install', generation: 3, kind: 'Install' },
  };
  it('boots the disk when the image is written, and removes the seed first', () => {
    const decision = decideAt(seen(aMachine({ ...installing, ...said('Succeeded', 'g3-install') }), holding));
    expect(decision.status).toMatchObject({ step: 'FirstBoot', boot: { generation: 3, target: 'Disk' } });
    expect(decision.status.power?.request?.id).toBe('g3-boot');
    expect(decision.commands).toEqual([{ kind: 'DeleteSeed', allocationUid: uid }]);
  });
  it('switches off and removes the seed when the installation fails', () => {
    const failed = { ...said('Failed', 'g3-install').taskResult, reason: 'ImageDigestMismatch' };
    const decision = decideAt(seen(aMachine({ ...installing, taskResult: failed }), holding));
    expect(decision.status).toMatchObject({
      phase: 'DeploymentFailed',
      failure: { reason: 'ImageDigestMismatch' },
      power: { request: { id: 'g3-off' } },
    });
    expect(decision.commands).toEqual([{ kind: 'DeleteSeed', allocationUid: uid }]);
  });

  const firstBoot: MachineStatus = {
    ...installing,
    step: 'FirstBoot',
    boot: { generation: 3, target: 'Disk' },
    ...said('Succeeded', 'g3-install'),
  };
  it('is Deployed when the installed OS phones home, and Ready when cloud-init has ended', () => {
    const calls = (stage: 'PhonedHome' | 'Finished') => ({
      bootProgress: { generation: 3, stage, at: ago(1), rack: 'r1' },
    });
    const decision = decideAt(seen(aMachine({ ...firstBoot, ...calls('PhonedHome') }), holding));
    expect(decision.status.phase).toBe('Deployed');
    expect(readyOf(decision)).toBe('Reconciling CloudInitRunning');
    const after = { ...decision.status, allocation: reference };
    const running = seen(aMachine({ ...after, ...calls('PhonedHome') }), holding);
    expect(readyOf(decideAt(running))).toBe('Reconciling CloudInitRunning');
    expect(readyOf(decideAt(running, 3600))).toBe('Stalled PhoneHomeIncomplete');
    const finished = seen(aMachine({ ...after, ...calls('Finished') }), holding);
    expect(readyOf(decideAt(finished))).toBe('Ready Deployed');
  });
  it('fails when the installed OS stays silent, and leaves it on for its console', () => {
    const { status } = decideAt(seen(aMachine(firstBoot), holding), 1200);
    expect(status).toMatchObject({ phase: 'DeploymentFailed', failure: { reason: 'DeployedOsSilent' } });
    expect(status.power?.request?.id).toBe('g3-boot');
  });
});

describe('an Allocation that goes', () => {
  const going = anAllocation({ erase: 'Full' }, { deletionTimestamp: ago(1) }, { machine: 'm1' });
  const held = (phase: MachineStatus['phase'], step?: string): MachineStatus => ({
    ...booted,
    phase,
    phaseSince: ago(60),
    ...(step === undefined ? {} : { step, stepSince: ago(60) }),
    allocation: reference,
  });
  it.each<[MachineStatus['phase'], string | undefined, string]>([
    ['Allocated', undefined, 'None'],
    ['Deploying', 'Seed', 'None'],
    ['Deploying', 'Install', 'Full'],
    ['Deploying', 'FirstBoot', 'Full'],
    ['DeploymentFailed', undefined, 'Full'],
    ['Deployed', undefined, 'Full'],
  ])('releases a machine that is %s (step %s) with erase %s', (phase, step, erase) => {
    const decision = decideAt(seen(aMachine(held(phase, step)), { allocation: going }));
    expect(decision.status).toMatchObject({ phase: 'Releasing', release: { allocationUid: uid, erase } });
    expect(decision.status.phoneHomeTokenHash).toBeUndefined();
    expect(decision.commands).toEqual([
      { kind: 'ConfirmReleased', allocation: reference },
      { kind: 'DeleteSeed', allocationUid: uid },
    ]);
  });
  it.each([
    ['is gone', undefined],
    ['was made anew under its name', anAllocation({}, { uid: 'other' })],
  ])('releases the machine also when it %s', (_, allocation) => {
    const { status } = decideAt(seen(aMachine(held('Deployed')), { allocation }));
    expect(status).toMatchObject({ phase: 'Releasing', release: { allocationUid: uid, erase: 'Quick' } });
  });
  it('does not touch a locked machine', () => {
    const decision = decideAt(seen(aMachine(held('Deployed'), { locked: true }), { allocation: going }));
    expect(decision.status).toMatchObject({ phase: 'Deployed' });
    expect(readyOf(decision)).toBe('Stalled Locked');
  });
  it.each(['Broken', 'EraseFailed', 'ReleaseFailed'] as const)(
    'is let go by a machine that is %s',
    (phase) => {
      const { status } = decideAt(seen(aMachine(held(phase)), { allocation: going }));
      expect(status).toMatchObject({ phase, release: { allocationUid: uid, erase: 'Full' } });
    },
  );
});

describe('Releasing and Erasing', () => {
  const releasing = (erase: 'None' | 'Quick'): MachineStatus => ({
    phase: 'Releasing',
    phaseSince: ago(5),
    release: { allocationUid: uid, erase },
    boot: { generation: 3, target: 'Disk' },
  });
  const off = (id: string, outcome: 'Succeeded' | 'Failed' = 'Succeeded') => ({
    power: {
      request: { id, action: 'Off' as const, requestedAt: ago(5) },
      result: { id, rack: 'r1', outcome, startedAt: ago(4), finishedAt: ago(1) },
    },
  });
  it('switches off where nothing is erased, and is Ready once the Allocation let go', () => {
    const id = `g3-release-${uid}`;
    expect(decideAt(seen(aMachine(releasing('None')))).status).toMatchObject({
      phase: 'Releasing',
      step: 'PowerOff',
      power: { request: { id, action: 'Off' } },
    });
    const isOff = { ...releasing('None'), step: 'PowerOff', stepSince: ago(5), ...off(id) };
    const still = decideAt(seen(aMachine({ ...isOff, allocation: reference })));
    expect(readyOf(still)).toBe('Reconciling AwaitingRelease');
    const { status } = decideAt(seen(aMachine(isOff)));
    expect(status.phase).toBe('Ready');
    expect(status.release).toBeUndefined();
  });
  it('fails where the machine cannot be switched off', () => {
    const id = `g3-release-${uid}`;
    const stuck = { ...releasing('None'), step: 'PowerOff', stepSince: ago(5), ...off(id, 'Failed') };
    const { status } = decideAt(seen(aMachine(stuck)));
    expect(status).toMatchObject({ phase: 'ReleaseFailed', failure: { reason: 'PowerFailed' } });
    expect(status.release).toEqual({ allocationUid: uid, erase: 'None' });
  });
  it('boots the ephemeral OS to erase', () => {
    expect(decideAt(seen(aMachine(releasing('Quick')))).status).toMatchObject({
      phase: 'Erasing',
      step: 'Erase',
      boot: { generation: 4 },
      task: { id: 'g4-erase', kind: 'Erase', erase: 'Quick' },
      power: { request: { id: 'g4-boot' } },
    });
  });
  const erasing: MachineStatus = {
    ...booted,
    phase: 'Erasing',
    phaseSince: ago(60),
    step: 'Erase',
    stepSince: ago(60),
    release: { allocationUid: uid, erase: 'Quick' },
    task: { id: 'g3-erase', generation: 3, kind: 'Erase', erase: 'Quick' },
  };
  it('switches off when the disks are erased, and is Ready when it is off', () => {
    const { status } = decideAt(seen(aMachine({ ...erasing, ...said('Succeeded', 'g3-erase') })));
    expect(status).toMatchObject({ step: 'PowerOff', power: { request: { id: 'g3-off' } } });
    const done = decideAt(seen(aMachine({ ...status, ...off('g3-off') })));
    expect(done.status.phase).toBe('Ready');
    expect(done.status.task).toBeUndefined();
  });
  it('keeps in mind what is to be erased when it fails', () => {
    const { status } = decideAt(seen(aMachine({ ...erasing, ...said('Failed', 'g3-erase') })));
    expect(status).toMatchObject({
      phase: 'EraseFailed',
      failure: { reason: 'EraseFailed' },
      release: { erase: 'Quick' },
    });
  });
});

describe('a machine that is being deleted', () => {
  const deleted = { deletionTimestamp: ago(1) };
  it('goes when nobody holds it', () => {
    const decision = decideAt(seen(aMachine({ phase: 'Ready', phaseSince: ago(9) }, {}, deleted)));
    expect(decision.meta.finalizer).toBe(false);
  });
  it('stays while an Allocation holds it, and says so', () => {
    const machine = aMachine({ phase: 'Deployed', allocation: reference }, {}, deleted);
    const decision = decideAt(seen(machine, holding));
    expect(decision.meta.finalizer).toBe(true);
    expect(findCondition(decision.status.conditions, 'Deleting')?.message).toContain('default/web');
  });
  it('stays while its annotation names an Allocation that knows it', () => {
    const machine = aMachine(undefined, {}, { ...deleted, ...annotated });
    expect(decideAt(seen(machine, holding)).meta.finalizer).toBe(true);
  });
});

describe('addresses', () => {
  it('are those reserved for the machine, that of the interface that booted first', () => {
    const bootProgress = {
      generation: 1,
      stage: 'Agent',
      at: ago(9),
      rack: 'r',
      mac: '52:54:00:00:00:02',
    } as const;
    const address = (ip: string, mac: string, purpose: 'Auto' | 'Static' | 'Discovered') => ({
      apiVersion: 'metalwright.dev/v1alpha1',
      kind: 'IPAddress',
      metadata: { name: ip },
      spec: { address: ip, subnet: 's', purpose, mac, machine: 'm1' },
    });
    const { status } = decideAt(
      seen(aMachine({ phase: 'Ready', bootProgress }), {
        addresses: [
          address('10.0.0.1', '52:54:00:00:00:01', 'Static'),
          address('10.0.0.3', '52:54:00:00:00:03', 'Discovered'),
          address('10.0.0.2', '52:54:00:00:00:02', 'Auto'),
        ],
      }),
    );
    expect(status.addresses?.map(({ address: ip }) => ip)).toEqual(['10.0.0.2', '10.0.0.1']);
  });
});
