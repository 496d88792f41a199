import { describe, expect, it } from 'vitest';
import { type Allocation, allocationKind } from '../../api/allocation/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { aMachine, testNow } from '../machine/testing/builders.ts';
import { createFakeCluster, type FakeCluster } from '../machine/testing/fake-cluster.ts';
import { type AllocationActDeps, claim, unclaim } from './act.ts';

interface Setting {
  cluster: FakeCluster;
  deps: AllocationActDeps;
  allocation: Allocation;
  machine(): Machine;
  /** As another manager would. */
  write(status: MachineStatus, manager?: string): Promise<void>;
}

async function setting(status: MachineStatus): Promise<Setting> {
  const cluster = createFakeCluster(() => testNow);
  const { client } = cluster;
  const write = async (next: MachineStatus, fieldManager = 'metalwright-machine'): Promise<void> => {
    await client.applyStatus(machineKind, { metadata: { name: 'm1' }, status: next }, { fieldManager });
  };
  await client.create(machineKind, { metadata: { name: 'm1' }, spec: aMachine(undefined).spec });
  await write(status);
  const allocation = await client.create(allocationKind, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0 },
  });
  const deps = {
    client,
    events: { event() {}, stop: async () => {} },
    clock: { now: () => testNow },
    fence: { assertHeld() {} },
  };
  return { cluster, deps, allocation, machine: () => cluster.list(machineKind)[0]!, write };
}

const foreign = { namespace: 'default', name: 'other', uid: 'other-uid' };

describe('claiming a machine', () => {
  it('writes the name of the Allocation on it, and is done when asked again', async () => {
    const { allocation, deps, machine } = await setting({ phase: 'Ready' });
    const seen = machine();
    expect(await claim(allocation, seen, deps)).toBe(true);
    expect(machine().status?.allocation?.uid).toBe(allocation.metadata.uid);
    const { resourceVersion } = machine().metadata;
    expect(await claim(allocation, seen, deps)).toBe(true);
    expect(machine().metadata.resourceVersion).toBe(resourceVersion);
  });

  it('tries again when the machine has only changed meanwhile', async () => {
    const { allocation, deps, machine, write } = await setting({ phase: 'Ready' });
    const seen = machine();
    await write({ powerState: 'Off' }, 'rack');
    expect(await claim(allocation, seen, deps)).toBe(true);
    expect(machine().status?.allocation?.uid).toBe(allocation.metadata.uid);
  });

  it('gives up when another was faster, and leaves that in place', async () => {
    const { allocation, deps, machine, write } = await setting({ phase: 'Ready' });
    const seen = machine();
    await write({ allocation: foreign }, 'metalwright-allocation');
    expect(await claim(allocation, seen, deps)).toBe(false);
    expect(machine().status?.allocation).toEqual(foreign);
  });

  it('gives up when the machine is not to be had any more', async () => {
    const { allocation, deps, machine, write } = await setting({ phase: 'Ready' });
    const seen = machine();
    await write({ phase: 'Broken' });
    expect(await claim(allocation, seen, deps)).toBe(false);
    expect(machine().status?.allocation).toBeUndefined();
  });

  it('gives up when another machine has its name now', async () => {
    const { allocation, deps, machine, cluster } = await setting({ phase: 'Ready' });
    const seen = machine();
    await cluster.client.delete(machineKind, 'm1');
    await cluster.client.create(machineKind, { metadata: { name: 'm1' }, spec: seen.spec });
    expect(await claim(allocation, seen, deps)).toBe(false);
  });
});

describe('letting a machine go', () => {
  it('waits until the machine has recorded what to do', async () => {
    const { allocation, deps, machine, write } = await setting({ phase: 'Ready' });
    const { uid } = allocation.metadata;
    await claim(allocation, machine(), deps);
    await write({ phase: 'Deployed' });
    expect(await unclaim(uid, 'm1', deps)).toBe(false);
    expect(machine().status?.allocation?.uid).toBe(uid);
    await write({ phase: 'Releasing', release: { allocationUid: uid ?? '', erase: 'Quick' } });
    expect(await unclaim(uid, 'm1', deps)).toBe(true);
    expect(machine().status?.allocation).toBeUndefined();
    expect(machine().status?.release).toBeDefined();
  });

  it('does not touch a machine that another holds, and needs none', async () => {
    const { allocation, deps, machine, write } = await setting({ phase: 'Ready' });
    await write({ allocation: foreign }, 'metalwright-allocation');
    expect(await unclaim(allocation.metadata.uid, 'm1', deps)).toBe(true);
    expect(machine().status?.allocation).toEqual(foreign);
    expect(await unclaim(allocation.metadata.uid, 'nowhere', deps)).toBe(true);
  });
});
