import { describe, expect, it } from 'vitest';
import { findCondition } from '../../api/conditions.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { names } from '../../api/meta.ts';
import { ago, aMachine, anAllocation, anImage, reference, seen } from './testing/builders.ts';
import { booted, decideAt, readyOf, said } from './testing/decisions.ts';

const uid = 'allocation-uid';
const annotated = { annotations: { [names.allocation]: `default/web/${uid}` } };
const known = anAllocation({}, {}, { phase: 'Deployed', machine: 'm1', machineUid: 'machine-uid' });

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
  describe('on virtual media', () => {
    const boot = { method: 'VirtualMedia', taggedVlan: false } as const;
    const request = { id: 'g3-disk', action: 'Cycle', boot: 'Disk' } as const;
    const written = { ...installing, ...said('Succeeded', 'g3-install') };
    it('has its BMC start the disk when the image is written', () => {
      const { status } = decideAt(seen(aMachine(written, { boot }), holding));
      expect(status).toMatchObject({ step: 'FirstBoot', power: { request } });
      const decided = { ...written, ...status, allocation: reference };
      expect(readyOf(decideAt(seen(aMachine(decided, { boot }), holding)))).toBe('Reconciling FirstBoot');
    });
    it('fails in the words of the BMC that does not', () => {
      const { status } = decideAt(seen(aMachine(written, { boot }), holding));
      const result = { id: 'g3-disk', rack: 'r1', outcome: 'Failed', reason: 'BmcUnreachable' } as const;
      const times = { startedAt: ago(1), finishedAt: ago(1) };
      const power = { ...status.power, result: { ...result, ...times, message: 'no answer' } };
      const decided = { ...written, ...status, allocation: reference, power };
      const { status: after } = decideAt(seen(aMachine(decided, { boot }), holding));
      expect(after).toMatchObject({ phase: 'DeploymentFailed', failure: { reason: 'BmcUnreachable' } });
    });
    it('is left to the agent where a person switches the machine', () => {
      const { status } = decideAt(seen(aMachine(written, { boot, bmc: { driver: 'manual' } }), holding));
      expect(status.power?.request?.id).toBe('g3-boot');
    });
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
