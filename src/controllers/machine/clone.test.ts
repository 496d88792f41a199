import { beforeEach, describe, expect, it } from 'vitest';
import { machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { type CloneParameters, machineActionKind } from '../../api/machine-action/schema.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { cloneConfiguration, configurationOf, managerOf } from './clone.ts';
import { aMachine } from './testing/builders.ts';

let client: MemoryClient;
const source = aMachine({ phase: 'Ready' }, { zone: 'row-7', tags: ['ssd'] }, { name: 'm1', uid: 'm1' });

beforeEach(() => {
  client = createMemoryClient({ clock: { now: () => 0 } });
});

async function target(name: string, status: MachineStatus, locked = false): Promise<void> {
  const { spec } = aMachine(undefined, { locked });
  await client.create(machineKind, { metadata: { name }, spec }, { fieldManager: 'somebody' });
  await client.applyStatus(machineKind, { metadata: { name }, status }, { fieldManager: 'test' });
}

async function clone(parameters: Partial<CloneParameters>, isStill = true) {
  const order = await client.create(machineActionKind, {
    metadata: { name: 'order' },
    spec: { machine: 'm1', action: 'CloneConfiguration' },
  });
  const uid = isStill ? (order.metadata.uid ?? '') : 'another';
  return await cloneConfiguration(
    source,
    {
      ...{ kind: 'Clone', action: 'order', uid },
      parameters: { targets: ['m2'], fields: ['zone'], ...parameters },
    },
    { client, fence: { assertHeld() {} } },
  );
}

const zoneOf = async (name: string) => (await client.get(machineKind, name))?.spec.zone;

describe('copying a configuration', () => {
  it('takes only what is named and there', () => {
    expect(configurationOf(source, ['zone', 'tags', 'rootDisk'])).toEqual({ zone: 'row-7', tags: ['ssd'] });
  });

  it('has a manager for each set of fields, in whatever order they are named', () => {
    expect(managerOf(['tags', 'zone'])).toBe(managerOf(['zone', 'tags']));
    expect(managerOf(['zone'])).not.toBe(managerOf(['zone', 'tags']));
  });

  it.each<[string, MachineStatus, boolean, RegExp]>([
    ['is Deployed', { phase: 'Deployed' }, false, /m2 is Deployed/],
    ['is locked by its spec', { phase: 'Ready' }, true, /m2 is locked/],
    ['is locked by an action', { phase: 'Ready', locked: true }, false, /m2 is locked/],
    [
      'is held',
      { phase: 'Ready', allocation: { namespace: 'default', name: 'web', uid: 'x' } },
      false,
      /m2 is held/,
    ],
  ])('writes nothing at all when a target %s', async (_, status, locked, message) => {
    await target('m2', status, locked);
    await target('m3', { phase: 'Ready' });
    const done = await clone({ targets: ['m3', 'm2'], force: true });
    expect(done).toMatchObject({ outcome: 'Failed', message: expect.stringMatching(message) });
    expect(await zoneOf('m3')).toBe('default');
  });

  it('does nothing for an order that was withdrawn', async () => {
    await target('m2', { phase: 'Ready' });
    expect(await clone({ force: true }, false)).toBeUndefined();
    expect(await zoneOf('m2')).toBe('default');
  });

  it('takes a field from its manager only when told to', async () => {
    await target('m2', { phase: 'Ready' });
    expect(await clone({ force: true })).toMatchObject({
      outcome: 'Succeeded',
      message: 'zone copied to m2.',
    });
    expect(await zoneOf('m2')).toBe('row-7');
  });
});
