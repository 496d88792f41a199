import { describe, expect, it } from 'vitest';
import { allocationKind } from '../../api/allocation/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { machineActionKind } from '../../api/machine-action/schema.ts';
import { names } from '../../api/meta.ts';
import { KubeError } from '../../kube/errors.ts';
import { type ActDeps, act } from './act.ts';
import type { Decision } from './decision.ts';
import { aMachine, reference, seen, testNow } from './testing/builders.ts';
import { createFakeCluster, type FakeCluster } from './testing/fake-cluster.ts';
import { defaultMachineTimings as timings } from './timings.ts';

interface Setting {
  cluster: FakeCluster;
  deps: ActDeps;
  machine(): Machine;
  /** Reasons of the Events. */
  events: string[];
  /** What the fence says at the next question. */
  leads: boolean;
}

async function setting(): Promise<Setting> {
  const cluster = createFakeCluster(() => testNow);
  const { spec } = aMachine(undefined);
  await cluster.client.create(machineKind, { metadata: { name: 'm1' }, spec });
  const events: string[] = [];
  const world: Setting = {
    cluster,
    machine: () => cluster.list(machineKind)[0]!,
    events,
    leads: true,
    deps: {
      client: cluster.client,
      events: {
        event(_regarding, _type, reason) {
          events.push(reason);
        },
        stop: async () => {},
      },
      clock: { now: () => testNow },
      fence: {
        assertHeld() {
          if (!world.leads) throw new KubeError('NotLeader', 'no');
        },
      },
      timings,
      namespace: 'metalwright',
      randomBytes: (size) => new Uint8Array(size),
    },
  };
  return world;
}

const decision: Decision = {
  status: { phase: 'New', phaseSince: '2026-03-01T12:00:00Z' },
  meta: { finalizer: true, allocation: undefined },
  events: [{ type: 'Normal', reason: 'Told', message: 'words' }],
  commands: [],
  requeueAfterMs: 5,
};

describe('acting on a decision', () => {
  it('writes metadata, status and then the Event, and says when to look again', async () => {
    const { deps, machine, events } = await setting();
    expect(await act(decision, seen(machine()), deps)).toEqual({ requeueAfterMs: 5 });
    expect(machine().metadata.finalizers).toEqual([names.machineFinalizer]);
    expect(machine().status?.phase).toBe('New');
    expect(events).toEqual(['Told']);
  });

  it('writes nothing when all is as it shall be', async () => {
    const { deps, machine } = await setting();
    await act(decision, seen(machine()), deps);
    const { resourceVersion } = machine().metadata;
    await act(decision, seen(machine()), deps);
    expect(machine().metadata.resourceVersion).toBe(resourceVersion);
  });

  it('fails with Conflict, and tells nobody, when the machine has changed since it was looked at', async () => {
    const { deps, machine, events, cluster } = await setting();
    const stale = seen(machine());
    await cluster.client.applyStatus(
      machineKind,
      { metadata: { name: 'm1' }, status: { powerState: 'Off' } },
      { fieldManager: 'rack' },
    );
    await expect(act(decision, stale, deps)).rejects.toMatchObject({ code: 'Conflict' });
    expect(machine().status?.phase).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('writes nothing when it leads no longer', async () => {
    const world = await setting();
    world.leads = false;
    await expect(act(decision, seen(world.machine()), world.deps)).rejects.toMatchObject({
      code: 'NotLeader',
    });
    expect(world.machine().metadata.finalizers).toBeUndefined();
  });

  it('puts the annotation on and takes it off, and lets a deleted machine go', async () => {
    const { deps, machine, cluster } = await setting();
    const wish = { finalizer: true, allocation: 'default/web/u' };
    await act({ ...decision, meta: wish }, seen(machine()), deps);
    expect(machine().metadata.annotations).toEqual({ [names.allocation]: 'default/web/u' });
    await act(decision, seen(machine()), deps);
    expect(machine().metadata.annotations).toBeUndefined();
    await cluster.client.delete(machineKind, 'm1');
    expect(machine().metadata.deletionTimestamp).toBeDefined();
    await act({ ...decision, meta: { finalizer: false, allocation: undefined } }, seen(machine()), deps);
    expect(cluster.list(machineKind)).toEqual([]);
  });

  it('does not release a machine whose Allocation the API server still has', async () => {
    const { deps, machine, cluster } = await setting();
    const { name, namespace } = reference;
    const metadata = { name, namespace, finalizers: [names.releaseFinalizer] };
    const spec = { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0 } as const;
    const { uid = '' } = (
      await cluster.client.create(allocationKind, { metadata, spec: { ...spec, sshKeys: [] } })
    ).metadata;
    const confirm: Decision = {
      ...decision,
      commands: [{ kind: 'ConfirmReleased', allocation: { name, namespace, uid } }],
    };
    expect(await act(confirm, seen(machine()), deps)).toEqual({ requeueAfterMs: timings.recheck });
    expect(machine().status).toBeUndefined();
    await cluster.client.delete(allocationKind, name, { namespace });
    await act(confirm, seen(machine()), deps);
    expect(machine().status?.phase).toBe('New');
  });

  it.each(['Succeeded', 'Failed', 'Refused'] as const)(
    'does not take up an action that has %s already',
    async (phase) => {
      const { deps, machine, cluster } = await setting();
      const spec = { machine: 'm1', action: 'PowerOn' } as const;
      const { uid = '' } = (await cluster.client.create(machineActionKind, { metadata: { name: 'a' }, spec }))
        .metadata;
      const confirm: Decision = { ...decision, commands: [{ kind: 'ConfirmAction', name: 'a', uid }] };
      await cluster.client.applyStatus(
        machineActionKind,
        { metadata: { name: 'a' }, status: { phase } },
        { fieldManager: 'x' },
      );
      expect(await act(confirm, seen(machine()), deps)).toEqual({ requeueAfterMs: timings.recheck });
      expect(machine().status).toBeUndefined();
    },
  );
});
