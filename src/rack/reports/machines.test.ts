import { afterEach, describe, expect, it } from 'vitest';
import { aMachine, aRack } from '../../../test/fixtures/objects.ts';
import type { EnlistmentRequest } from '../../api/agent/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { type Inventory, machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { secrets } from '../../kube/core-resources.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryCall } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import type { BootReport } from '../agent-api/ports.ts';
import { createWorld } from '../world/world.ts';
import { deliverReport } from './deliver.ts';
import { enlistedName } from './enlist.ts';
import { createRackMachines } from './machines.ts';
import { createOutbox } from './outbox.ts';

const first = '52:54:00:00:00:01';
const second = '52:54:00:00:00:02';
const seenOn = { vlan: 'v', subnet: 's', mac: second, address: '10.0.0.101' };
const inventory: Inventory = {
  system: {},
  firmware: { mode: 'BIOS' },
  cpus: [],
  numaNodes: [],
  memory: { totalMiB: 1024, dimms: [] },
  nics: [],
  disks: [],
  pci: [],
  usb: [],
  gpus: [],
};
const request: EnlistmentRequest = { macAddresses: [second, first], architecture: 'amd64', inventory };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function rack(
  options: { machines?: Machine[]; autoApprove?: boolean; before?: (call: MemoryCall) => void } = {},
) {
  const client = createMemoryClient();
  for (const machine of options.machines ?? []) {
    await client.create(machineKind, machine);
    const { metadata, status } = machine;
    if (status !== undefined)
      await client.applyStatus(
        machineKind,
        { metadata: { name: metadata.name }, status },
        { fieldManager: 'x' },
      );
  }
  await client.create(rackKind, aRack({ name: 'rack-1' }));
  const world = createWorld(client, silentLogger);
  world.start();
  await world.synced();
  stops.push(() => world.stop());
  const reports: [string, BootReport][] = [];
  const events: string[] = [];
  const connected = client.connect({ before: options.before });
  const clock = { now: () => Date.parse('2026-01-01T00:00:00Z') };
  const outbox = createOutbox({
    deliver: (machine, entry) =>
      deliverReport(machine, entry, { client: connected, rackName: 'rack-1', clock }),
    log: silentLogger,
  });
  outbox.start();
  stops.push(() => outbox.stop());
  const machines = createRackMachines({
    client: connected,
    world,
    outbox,
    bootReports: { report: (machine, report) => reports.push([machine, report]) },
    events: {
      event: ({ kind, name }, type, reason) => events.push(`${kind}/${name} ${type} ${reason}`),
    },
    rackName: 'rack-1',
    namespace: 'metalwright-system',
    autoApprove: options.autoApprove ?? false,
    clock,
  });
  return { client, world, machines, reports, events };
}

describe('what is on record of a machine', () => {
  it('keeps its disks and tests when an inventory leaves the disks out, and takes the rest', async () => {
    const { client, machines } = await rack({ machines: [aMachine({ name: 'web-1' })] });
    const disk = { name: 'sda', path: '/dev/sda', sizeBytes: 1, kind: 'SSD', rotational: false } as const;
    const disks = [{ ...disk, removable: false, logicalBlockBytes: 512 }];
    await machines.storeInventory('web-1', { ...inventory, disks });
    const finishedAt = '2026-01-01T00:00:00.000Z';
    const test = { name: 'cpu', outcome: 'Passed', seconds: 2, message: 'fine', finishedAt } as const;
    await machines.storeTests('web-1', [test]);
    await machines.storeInventory('web-1', { ...inventory, memory: { totalMiB: 2048, dimms: [] } }, [
      'disks',
    ]);
    expect(await client.get(machineInventoryKind, 'web-1')).toMatchObject({
      hardware: { disks, memory: { totalMiB: 2048 } },
      tests: [test],
    });
  });

  it('has no tests of a machine without an inventory', async () => {
    const { client, machines } = await rack({ machines: [aMachine({ name: 'web-1' })] });
    await machines.storeTests('web-1', []);
    expect(await client.get(machineInventoryKind, 'web-1')).toBeUndefined();
  });
});

describe('enlisting a machine', () => {
  it('makes a Machine named after its lowest address, with its inventory, that waits for approval', async () => {
    const { client, machines, reports } = await rack();
    expect(await machines.enlist({ ...request, macAddresses: [second, first, second] }, seenOn)).toEqual({
      machine: 'm-525400000001',
    });
    const machine = await client.get(machineKind, 'm-525400000001');
    expect(machine).toMatchObject({
      metadata: { labels: { 'metalwright.dev/enlisted-by': 'rack-1' } },
      spec: { macAddresses: [first, second], architecture: 'amd64', approved: false },
    });
    const stored = await client.get(machineInventoryKind, 'm-525400000001');
    expect(stored).toMatchObject({
      collectedAt: '2026-01-01T00:00:00.000Z',
      hardware: { memory: { totalMiB: 1024 } },
    });
    expect(stored?.metadata.ownerReferences?.[0]?.uid).toBe(machine?.metadata.uid);
    expect(reports).toEqual([
      ['m-525400000001', { generation: 0, stage: 'Agent', at: '2026-01-01T00:00:00.000Z', ...seenOn }],
    ]);
  });

  it('approves it where that is configured', async () => {
    const { client, machines } = await rack({ autoApprove: true });
    await machines.enlist(request, seenOn);
    expect((await client.get(machineKind, 'm-525400000001'))?.spec.approved).toBe(true);
  });

  it('makes one Machine when two racks are asked at once', async () => {
    const { client, machines } = await rack();
    const answers = await Promise.all([machines.enlist(request, seenOn), machines.enlist(request, seenOn)]);
    expect(new Set(answers.map(({ machine }) => machine)).size).toBe(1);
    expect((await client.list(machineKind)).items).toHaveLength(1);
  });

  it('keeps the name that a person gave a machine by one of its addresses, and says which is missing', async () => {
    const declared = aMachine({ name: 'web-1', spec: { macAddresses: [first] } });
    const { client, machines, events } = await rack({ machines: [declared] });
    expect(await machines.enlist(request, seenOn)).toEqual({ machine: 'web-1' });
    expect((await client.list(machineKind)).items.map(({ spec }) => spec.macAddresses)).toEqual([[first]]);
    expect(await client.get(machineInventoryKind, 'web-1')).toBeDefined();
    expect(events).toEqual(['Machine/web-1 Warning UnknownInterface']);
  });

  it('does not believe a stranger what a machine in use is made of', async () => {
    const used = aMachine({ name: 'web-1', spec: { macAddresses: [first] }, status: { phase: 'Deployed' } });
    const { client, machines } = await rack({ machines: [used] });
    await machines.enlist(request, seenOn);
    expect(await client.get(machineInventoryKind, 'web-1')).toBeUndefined();
  });

  it('refuses a name that stands for another machine', async () => {
    const stranger = aMachine({ name: 'm-525400000001', spec: { macAddresses: ['02:00:00:00:00:99'] } });
    const { machines } = await rack({ machines: [stranger] });
    await expect(machines.enlist(request, seenOn)).rejects.toMatchObject({ code: 'MachineNameTaken' });
  });

  it('stores the inventory at the second try, when the first broke off after the Machine', async () => {
    let broken = true;
    const { client, world, machines } = await rack({
      before({ verb }) {
        if (verb === 'apply' && broken) throw kubeError('Unavailable', 'a test');
      },
    });
    await expect(machines.enlist(request, seenOn)).rejects.toMatchObject({ code: 'Unavailable' });
    broken = false;
    await expect.poll(() => world.machines.list().length).toBe(1);
    await machines.enlist(request, seenOn);
    expect(await client.get(machineInventoryKind, 'm-525400000001')).toBeDefined();
  });

  it('gives the same name for every order of the addresses', () => {
    expect(enlistedName([second, first])).toBe(enlistedName([first, second]));
  });

  it('counts those that wait for approval', async () => {
    const { machines, world } = await rack({
      machines: [aMachine({ name: 'declared', spec: { approved: false } })],
    });
    await machines.enlist({ ...request, macAddresses: [second] }, seenOn);
    await expect.poll(() => world.machines.list().length).toBe(2);
    expect(machines.pendingEnlistments()).toBe(1);
  });
});

describe('the seed of a machine', () => {
  const files = { metaData: 'm', userData: 'u', vendorData: 'v', networkConfig: 'n' };
  const encoded = (texts: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
  const installing = aMachine({
    name: 'm1',
    status: { task: { id: 't', generation: 1, kind: 'Install', secret: 'seed-m1' } },
  });

  it('is what its Secret holds, and not the token beside it', async () => {
    const { client, machines } = await rack();
    const data = encoded({ ...files, phoneHomeToken: 'secret' });
    await client.create(secrets, { metadata: { name: 'seed-m1', namespace: 'metalwright-system' }, data });
    expect(await machines.seed(installing)).toEqual(files);
  });

  it.each<[string, Record<string, string> | undefined, Machine]>([
    ['there is no Secret', undefined, installing],
    ['the Secret lacks a file', { metaData: 'm' }, installing],
    ['the machine has no task', files, aMachine()],
  ])('is unknown when %s', async (_sentence, texts, machine) => {
    const { client, machines } = await rack();
    if (texts !== undefined) {
      const metadata = { name: 'seed-m1', namespace: 'metalwright-system' };
      await client.create(secrets, { metadata, data: encoded(texts) });
    }
    expect(await machines.seed(machine)).toBeUndefined();
  });

  it('rejects while it cannot be read', async () => {
    const { machines } = await rack({
      before() {
        throw kubeError('Unavailable', 'a test');
      },
    });
    await expect(machines.seed(installing)).rejects.toMatchObject({ code: 'Unavailable' });
  });
});

describe('an attempt on the boot protocol', () => {
  it('becomes an Event about the machine, or about the rack when it names none', async () => {
    const { machines, events } = await rack({ machines: [aMachine({ name: 'm1' })] });
    machines.securityEvent('m1', 'BootTokenReplayed', 'seen');
    machines.securityEvent(undefined, 'EnlistmentRefused', 'seen');
    expect(events).toEqual(['Machine/m1 Warning BootTokenReplayed', 'Rack/rack-1 Warning EnlistmentRefused']);
  });
});

describe('whether a task still stands', () => {
  const task = { id: 't1', generation: 2, kind: 'Erase' } as const;
  const machine = aMachine({ name: 'm1', status: { boot: { generation: 2, target: 'EphemeralOS' }, task } });

  it('is what the API server says now, not what the rack remembers', async () => {
    const { client, world, machines } = await rack({ machines: [machine] });
    const known = world.machines.get('m1') ?? machine;
    expect(await machines.isStillTask(known, task)).toBe(true);
    await client.patchStatus(machineKind, 'm1', { status: { task: { id: 't2' } } });
    expect(await machines.isStillTask(known, task)).toBe(false);
  });

  it('is no for a machine that was made anew, or is gone', async () => {
    const { client, world, machines } = await rack({ machines: [machine] });
    const known = world.machines.get('m1') ?? machine;
    expect(
      await machines.isStillTask({ ...known, metadata: { ...known.metadata, uid: 'older' } }, task),
    ).toBe(false);
    await client.delete(machineKind, 'm1');
    expect(await machines.isStillTask(known, task)).toBe(false);
  });

  it('is not known while the API server is away', async () => {
    let away = false;
    const { world, machines } = await rack({
      machines: [machine],
      before: () => {
        if (away) throw kubeError('Unavailable', 'a test');
      },
    });
    const known = world.machines.get('m1') ?? machine;
    away = true;
    await expect(machines.isStillTask(known, task)).rejects.toThrow('a test');
  });
});
