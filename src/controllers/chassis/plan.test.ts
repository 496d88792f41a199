import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { Chassis, ChassisSpec, ListedNode } from '../../api/chassis/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import { planNodes, vanishedFrom } from './plan.ts';

const uuid = '8c1f0d7e-3b2a-4f5d-9e6c-7a8b9c0d1e2f';

function aChassis(spec: Partial<ChassisSpec> = {}): Chassis {
  return {
    apiVersion: 'metalwright.dev/v1alpha1',
    kind: 'Chassis',
    metadata: { name: 'c1', uid: 'c1-uid', generation: 1 },
    spec: { bmc: { driver: 'proxmox', address: 'https://pve', credentialsSecret: 'pve' }, ...spec },
  };
}

function aNode(number: number, given: Partial<ListedNode> = {}): ListedNode {
  return {
    name: `Node_${number}`,
    parameters: { vm: String(100 + number) },
    macAddresses: [`52:54:00:00:00:0${number}`],
    architecture: 'amd64',
    ...given,
  };
}

const own = { labels: { [names.chassis]: 'c1' } };
const outcomesOf = (chassis: Chassis, nodes: ListedNode[], machines: Machine[] = []) =>
  planNodes(chassis, nodes, machines).map(({ outcome }) => outcome);

describe('the Machines of a list', () => {
  it('are made of nodes that nobody knows, with the manager, its Secret and what names the node', () => {
    const defaults = { architecture: 'arm64' as const, approved: false, zone: 'z', pool: 'p', tags: ['t'] };
    const [plan] = planNodes(aChassis({ defaults }), [aNode(1)], []);
    expect(plan).toEqual({
      outcome: { node: 'Node_1', outcome: 'Managed', machine: 'c1-node-1' },
      create: {
        name: 'c1-node-1',
        spec: {
          ...{ macAddresses: ['52:54:00:00:00:01'], architecture: 'amd64', approved: false },
          ...{ zone: 'z', pool: 'p', tags: ['t'], locked: false, maintenance: false },
        },
      },
      apply: {
        ...{ name: 'c1-node-1', uid: undefined, macAddresses: ['52:54:00:00:00:01'] },
        bmc: {
          driver: 'proxmox',
          address: 'https://pve',
          credentialsSecret: 'pve',
          parameters: { vm: '101' },
        },
      },
    });
  });

  it.each<[string, Partial<Machine>, string, string[] | undefined]>([
    ['with one of its MAC addresses and no BMC is given it', {}, 'Managed', ['52:54:00:00:00:01']],
    [
      'whose BMC is another is left as it is',
      { spec: { ...aMachine().spec, bmc: { driver: 'manual' } } },
      'Known',
      undefined,
    ],
    [
      'that has the same BMC is left as it is, where it did not come from here',
      {
        spec: {
          ...aMachine().spec,
          macAddresses: ['52:54:00:00:00:99'],
          bmc: { driver: 'proxmox', address: 'https://PVE/', parameters: { vm: '101' } },
        },
      },
      'Known',
      undefined,
    ],
    [
      'that came from here gets its new MAC address, and loses none',
      {
        metadata: { name: 'm', ...own },
        spec: {
          ...aMachine().spec,
          macAddresses: ['52:54:00:00:00:99'],
          bmc: { driver: 'proxmox', address: 'https://pve', parameters: { vm: '101' } },
        },
      },
      'Managed',
      ['52:54:00:00:00:99', '52:54:00:00:00:01'],
    ],
    [
      'that has a BMC which was found on it is left as it is',
      {
        status: {
          bmc: {
            ...{ driver: 'ipmi', address: '10.0.0.1', credentialsSecret: 's', user: 'u' },
            rotatedAt: '2026-01-01T00:00:00Z',
          },
        },
      },
      'Known',
      undefined,
    ],
  ])('one that is there %s', (_, given, outcome, macAddresses) => {
    const machine = { ...aMachine({ name: 'm' }), ...given };
    const [plan] = planNodes(aChassis(), [aNode(1)], [machine]);
    expect(plan?.outcome).toEqual({ node: 'Node_1', outcome, machine: 'm' });
    expect(plan?.create).toBeUndefined();
    expect(plan?.apply?.macAddresses).toEqual(macAddresses);
  });

  it('are known by the UUID of their hardware, where no address tells', () => {
    const hardware = {
      systemUuid: uuid.toUpperCase(),
      cores: 1,
      threads: 1,
      memoryMiB: 1,
      nics: 0,
      disks: [],
    };
    const machine = aMachine({
      name: 'm',
      spec: { macAddresses: ['52:54:00:00:00:99'] },
      status: { hardware },
    });
    const node = aNode(1, { macAddresses: [], systemUuid: uuid });
    expect(outcomesOf(aChassis(), [node], [machine])).toMatchObject([{ outcome: 'Managed', machine: 'm' }]);
  });

  it.each<[string, ListedNode[], Machine[], RegExp]>([
    ['has no MAC address', [aNode(1, { macAddresses: [] })], [], /no MAC address/],
    ['is of an architecture that is not supported', [aNode(1, { architecture: 'ppc64el' })], [], /ppc64el/],
    [
      'has parameters that its driver does not take',
      [aNode(1, { parameters: { vm: 'a b' } })],
      [],
      /parameters/,
    ],
    [
      'is two Machines at once',
      [aNode(1, { macAddresses: ['52:54:00:00:00:01', '52:54:00:00:00:02'] })],
      [aMachine({ name: 'a' }), aMachine({ name: 'b', spec: { macAddresses: ['52:54:00:00:00:02'] } })],
      /a, b/,
    ],
  ])('are not made of a node that %s', (_, nodes, machines, message) => {
    const [outcome] = outcomesOf(aChassis(), nodes, machines);
    expect(outcome).toMatchObject({ outcome: 'Skipped', message: expect.stringMatching(message) });
  });

  it('want an architecture from the node or from the defaults', () => {
    const { architecture: _, ...node } = aNode(1);
    expect(outcomesOf(aChassis(), [node])[0]).toMatchObject({ outcome: 'Skipped' });
    const defaults = { architecture: 'arm64' as const, approved: true, zone: 'z', pool: 'p', tags: [] };
    expect(planNodes(aChassis({ defaults }), [node], [])[0]?.create?.spec).toMatchObject({
      architecture: 'arm64',
      approved: true,
    });
  });

  it('are made once of two nodes with one MAC address', () => {
    const nodes = [aNode(1), aNode(2, { macAddresses: ['52:54:00:00:00:01'] })];
    expect(outcomesOf(aChassis(), nodes)).toMatchObject([{ outcome: 'Managed' }, { outcome: 'Skipped' }]);
  });

  it('are those that are included and not excluded', () => {
    const chassis = aChassis({ include: ['Node_*'], exclude: ['*_2'] });
    const nodes = [aNode(1), aNode(2), aNode(3, { name: 'other' })];
    expect(outcomesOf(chassis, nodes).map(({ outcome }) => outcome)).toEqual([
      'Managed',
      'Excluded',
      'Excluded',
    ]);
  });

  it('have names of their own where those of nodes come to the same, or are taken', () => {
    const nodes = [aNode(1, { name: 'a_b' }), aNode(2, { name: 'a-b' }), aNode(3, { name: 'c' })];
    const taken = aMachine({ name: 'c1-c', spec: { macAddresses: ['52:54:00:00:00:99'] } });
    const made = outcomesOf(aChassis(), nodes, [taken]).map(({ machine }) => machine);
    expect(made).toEqual([
      expect.stringMatching(/^c1-a-b-[0-9a-f]{6}$/),
      expect.stringMatching(/^c1-a-b-[0-9a-f]{6}$/),
      expect.stringMatching(/^c1-c-[0-9a-f]{6}$/),
    ]);
    expect(new Set(made).size).toBe(3);
  });
});

describe('nodes that went', () => {
  const bmc = { driver: 'proxmox' as const, address: 'https://pve', parameters: { vm: '101' } };
  it('are those of Machines that came from here, and no others', () => {
    const gone = aMachine({
      name: 'gone',
      metadata: own,
      spec: { bmc: { ...bmc, parameters: { vm: '7' } } },
    });
    const moved = aMachine({
      name: 'moved',
      metadata: own,
      spec: { macAddresses: ['52:54:00:00:00:09'], bmc },
    });
    const foreign = aMachine({ name: 'foreign', spec: { macAddresses: ['52:54:00:00:00:08'] } });
    const nodes = [aNode(1, { macAddresses: ['52:54:00:00:00:07'] })];
    expect(vanishedFrom(aChassis(), nodes, [gone, moved, foreign])).toEqual(['gone']);
  });
});
