import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fabricKind } from '../../../src/api/fabric/schema.ts';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { type Subnet, subnetKind } from '../../../src/api/subnet/schema.ts';
import { vlanKind } from '../../../src/api/vlan/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { leases } from '../../../src/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createHeartbeat } from '../../../src/rack/self/heartbeat.ts';
import { createWorld } from '../../../src/rack/world/world.ts';
import type { TestOperator } from '../../fixtures/controllers.ts';
import { operatorNamespace, type Setting, startSetting } from '../controllers/setting.ts';
import { type Conditioned, readyOf, startNetworkOperator } from './network-operator.ts';

const kinds: readonly Resource<KubeObject>[] = [
  machineKind,
  ipAddressKind,
  subnetKind,
  vlanKind,
  fabricKind,
  rackKind,
];
const at = '2026-01-01T00:00:00Z';
const patient = { timeout: 60_000, interval: 200 };

describe('the controllers of networks on a real API server', () => {
  let setting: Setting;
  let client: KubeClient;
  const running: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    setting = await startSetting();
    client = setting.client;
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
    for (const kind of kinds) await clear(kind);
  });
  afterAll(() => setting.stop());

  async function clear(kind: Resource<KubeObject>): Promise<void> {
    const { items } = await client.list(kind);
    await Promise.all(items.map(({ metadata }) => client.delete(kind, metadata.name)));
  }
  async function operator(writer?: KubeClient): Promise<TestOperator> {
    const started = await startNetworkOperator(client, writer);
    running.push(started);
    return started;
  }

  const fabric = (name: string) => client.create(fabricKind, { metadata: { name }, spec: {} });
  const vlan = (name: string, of: string, vid = 0) =>
    client.create(vlanKind, { metadata: { name }, spec: { fabric: of, vid } });
  const subnet = (name: string, on: string, cidr: string, spec: Partial<Subnet['spec']> = {}) =>
    client.create(subnetKind, { metadata: { name }, spec: { vlan: on, cidr, ...spec } });
  const readyReason = async (kind: Resource<Conditioned>, name: string): Promise<string> =>
    readyOf(await client.get(kind, name));
  const number = (index: number): string => index.toString(16).padStart(2, '0');
  async function machineOn(on: string, index: number): Promise<string> {
    const [name, mac] = [`m${index}`, `52:54:00:00:00:${number(index)}`];
    await client.create(machineKind, {
      metadata: { name },
      spec: { macAddresses: [mac], architecture: 'amd64' },
    });
    const bootProgress = { generation: 1, stage: 'Dhcp' as const, at, rack: 'rack-1', mac, subnet: on };
    await client.applyStatus(
      machineKind,
      { metadata: { name }, status: { bootProgress } },
      { fieldManager: 'test' },
    );
    return name;
  }
  async function addressesOfAll(names: readonly string[]): Promise<string[][]> {
    const { items } = await client.list(ipAddressKind);
    return names.map((name) =>
      items.filter(({ spec }) => spec.machine === name).map(({ spec }) => spec.address),
    );
  }
  const addressesOf = async (name: string): Promise<string[]> => (await addressesOfAll([name])).flat();

  it('say what is missing until it is there', async () => {
    await operator();
    await subnet('lab', 'untagged', '10.0.0.0/24');
    await expect.poll(() => readyReason(subnetKind, 'lab'), patient).toBe('False VlanNotFound');
    await vlan('untagged', 'main');
    await expect.poll(() => readyReason(subnetKind, 'lab'), patient).toBe('True Accepted');
    await expect.poll(() => readyReason(vlanKind, 'untagged'), patient).toBe('False FabricNotFound');
    await fabric('main');
    await expect.poll(() => readyReason(vlanKind, 'untagged'), patient).toBe('False NoRack');
    await expect.poll(async () => (await client.get(fabricKind, 'main'))?.status?.vlans, patient).toBe(1);
    await expect.poll(async () => (await client.get(vlanKind, 'untagged'))?.status?.subnets, patient).toBe(1);
    await client.delete(fabricKind, 'main');
    await expect.poll(() => readyReason(vlanKind, 'untagged'), patient).toBe('False FabricNotFound');
  });

  it('count the addresses of a subnet as they come and go', async () => {
    await operator();
    await fabric('main');
    await vlan('untagged', 'main');
    const ranges = { dynamic: [{ start: '10.0.0.100', end: '10.0.0.199' }], reserved: [] };
    await subnet('lab', 'untagged', '10.0.0.0/24', { gateway: '10.0.0.1', ranges });
    const counts = async () => (await client.get(subnetKind, 'lab'))?.status?.addresses;
    await expect
      .poll(counts, patient)
      .toMatchObject({ total: '254', assigned: 0, dynamic: '100', free: '153' });
    await client.create(ipAddressKind, {
      metadata: { name: '10.0.0.20' },
      spec: { address: '10.0.0.20', subnet: 'lab', purpose: 'Reserved' },
    });
    await expect.poll(counts, patient).toMatchObject({ assigned: 1, free: '152' });
    await expect.poll(() => readyReason(ipAddressKind, '10.0.0.20'), patient).toBe('True Reserved');
    await client.delete(ipAddressKind, '10.0.0.20');
    await expect.poll(counts, patient).toMatchObject({ assigned: 0, free: '153' });
  });

  it('let the older of two overlapping subnets be, and the younger as soon as the older is gone', async () => {
    await operator();
    await fabric('main');
    await fabric('other');
    await vlan('a', 'main', 1);
    await vlan('elsewhere', 'other', 1);
    await subnet('one', 'a', '10.0.0.0/16');
    await subnet('two', 'b', '10.0.7.0/24');
    await subnet('three', 'elsewhere', '10.0.7.0/24');
    await expect.poll(() => readyReason(subnetKind, 'two'), patient).toBe('False VlanNotFound');
    // Only with its VLAN is it known to be on the same switches.
    await vlan('b', 'main', 2);
    await expect.poll(() => readyReason(subnetKind, 'two'), patient).toBe('False Overlaps');
    expect(await readyReason(subnetKind, 'one')).toBe('True Accepted');
    expect(await readyReason(subnetKind, 'three')).toBe('True Accepted');
    await client.delete(subnetKind, 'one');
    await expect.poll(() => readyReason(subnetKind, 'two'), patient).toBe('True Accepted');
  });

  it('refuse the younger of two VLANs of one id in a fabric', async () => {
    await operator();
    await fabric('main');
    await vlan('a', 'main', 7);
    await vlan('b', 'main', 7);
    await vlan('c', 'main', 8);
    await expect.poll(() => readyReason(vlanKind, 'b'), patient).toBe('False DuplicateVid');
    await expect.poll(() => readyReason(vlanKind, 'a'), patient).toBe('False NoRack');
    await expect.poll(() => readyReason(vlanKind, 'c'), patient).toBe('False NoRack');
    await client.delete(vlanKind, 'a');
    await expect.poll(() => readyReason(vlanKind, 'b'), patient).toBe('False NoRack');
  });

  it('give every machine one address when two operators are at it at once', async () => {
    await Promise.all([operator(), operator()]);
    await fabric('main');
    await vlan('untagged', 'main');
    await subnet('lab', 'untagged', '10.0.0.0/24', { gateway: '10.0.0.1' });
    const names = await Promise.all(Array.from({ length: 20 }, (_, index) => machineOn('lab', index)));
    await expect
      .poll(async () => (await addressesOfAll(names)).map(({ length }) => length), patient)
      .toEqual(names.map(() => 1));
    // And it stays so, whatever else happens to the machines.
    await Promise.all(
      names.map((name) => client.patch(machineKind, name, { metadata: { labels: { touched: 'true' } } })),
    );
    await client.create(fabricKind, { metadata: { name: 'later' }, spec: {} });
    await expect.poll(() => readyReason(fabricKind, 'later'), patient).toBe('True Accepted');
    const all = (await addressesOfAll(names)).flat();
    expect(all).toHaveLength(20);
    expect(new Set(all).size).toBe(20);
    expect(all).not.toContain('10.0.0.1');
  });

  it('answer a create whose answer was lost with the same address', async () => {
    let lost = 0;
    await operator({
      ...client,
      async create(resource, object, options) {
        const created = await client.create(resource, object, options);
        lost += 1;
        if (lost === 1) throw new Error('the answer was lost');
        return created;
      },
    });
    await subnet('lab', 'untagged', '10.0.0.0/24');
    const name = await machineOn('lab', 1);
    await expect.poll(() => addressesOf(name), patient).toEqual(['10.0.0.1']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await addressesOf(name)).toEqual(['10.0.0.1']);
  });

  it('say that a subnet is exhausted, once, and go on when there is room', async () => {
    const { events } = await operator();
    await fabric('main');
    await vlan('untagged', 'main');
    await subnet('tiny', 'untagged', '10.0.0.0/30', { gateway: '10.0.0.1' });
    const first = await machineOn('tiny', 1);
    await expect.poll(() => addressesOf(first), patient).toEqual(['10.0.0.2']);
    const second = await machineOn('tiny', 2);
    const exhausted = `Machine/${second} Warning SubnetExhausted`;
    await expect.poll(() => events, patient).toContain(exhausted);
    await expect.poll(() => readyReason(subnetKind, 'tiny'), patient).toBe('True Exhausted');
    await client.patch(machineKind, second, { metadata: { labels: { touched: 'true' } } });
    await client.delete(machineKind, first);
    await expect.poll(() => addressesOf(second), patient).toEqual(['10.0.0.2']);
    expect(events.filter((event) => event === exhausted)).toHaveLength(1);
  });

  it('keep what a person gave when the machine goes, and take back what was chosen', async () => {
    await operator();
    await subnet('lab', 'untagged', '10.0.0.0/24');
    const name = await machineOn('lab', 1);
    await expect.poll(() => addressesOf(name), patient).toEqual(['10.0.0.1']);
    await client.create(ipAddressKind, {
      metadata: { name: '10.0.0.50' },
      spec: { address: '10.0.0.50', subnet: 'lab', purpose: 'Static', machine: name },
    });
    await client.delete(machineKind, name);
    await expect.poll(() => addressesOf(name), patient).toEqual(['10.0.0.50']);
  });

  it('notice a rack that goes silent, and that it returns', async () => {
    const { events } = await operator();
    const world = createWorld(client, silentLogger);
    world.start();
    await world.synced();
    running.push(world);
    const lab = await subnet('lab', 'untagged', '10.0.0.0/24');
    await fabric('main');
    await vlan('untagged', 'main');
    const address = { family: 4 as const, address: '10.0.0.2', cidr: '10.0.0.2/24' };
    const nic = { name: 'eth1', mac: '02:00:00:00:00:01', addresses: [address] };
    const beatOnce = async (): Promise<void> => {
      const heartbeat = createHeartbeat({
        client,
        world,
        rackName: 'node-1',
        namespace: operatorNamespace,
        observe: () => ({
          version: '1.0.0',
          httpUrl: 'http://10.0.0.2:7480',
          attachments: [
            { interface: nic, vlan: 'untagged', subnets: [{ subnet: lab, address: '10.0.0.2' }] },
          ],
          services: [{ name: 'Dhcp4', state: 'Running' }],
          leases: 0,
        }),
        clock: systemClock,
        log: silentLogger,
      });
      heartbeat.start();
      await expect.poll(() => readyReason(rackKind, 'node-1'), patient).toBe('True Serving');
      await heartbeat.stop();
    };
    await beatOnce();
    await expect.poll(() => readyReason(vlanKind, 'untagged'), patient).toBe('True Served');
    expect((await client.get(vlanKind, 'untagged'))?.status?.racks).toEqual(['node-1']);
    // Nobody wants to wait for 40 seconds.
    await client.patch(
      leases,
      'rack-node-1',
      { spec: { leaseDurationSeconds: 1 } },
      { namespace: operatorNamespace },
    );
    await expect.poll(() => readyReason(rackKind, 'node-1'), patient).toBe('False RackSilent');
    await expect.poll(() => readyReason(vlanKind, 'untagged'), patient).toBe('False RackSilent');
    expect(events.filter((event) => event.includes('RackSilent'))).toEqual([
      'Rack/node-1 Warning RackSilent',
    ]);
    await expect
      .poll(() => world.racks.get('node-1')?.status?.conditions?.[0]?.reason, patient)
      .toBe('RackSilent');
    await beatOnce();
    await expect.poll(() => readyReason(vlanKind, 'untagged'), patient).toBe('True Served');
  });

  it('tell of a foreign DHCP server that a rack hears, and that it is gone', async () => {
    const { events } = await operator();
    await fabric('main');
    await vlan('untagged', 'main');
    await client.create(rackKind, { metadata: { name: 'rack-1' }, spec: {} });
    const server = { interface: 'eth1', vlan: 'untagged', address: '10.0.0.66', mac: '52:54:00:99:00:01' };
    const hear = (foreignDhcpServers: (typeof server & { lastSeen: string })[]) =>
      client.applyStatus(
        rackKind,
        { metadata: { name: 'rack-1' }, status: { foreignDhcpServers } },
        { fieldManager: 'test' },
      );
    const told = async (): Promise<unknown> => {
      const { status } = (await client.get(vlanKind, 'untagged')) ?? {};
      const condition = status?.conditions?.find(({ type }) => type === 'ForeignDHCP');
      return [condition?.status, condition?.reason, status?.foreignServers?.map(({ address }) => address)];
    };
    await hear([{ ...server, lastSeen: at }]);
    await expect.poll(told, patient).toEqual(['True', 'ServerSeen', ['10.0.0.66']]);
    expect((await client.get(vlanKind, 'untagged'))?.status?.foreignServers).toEqual([
      { address: '10.0.0.66', mac: '52:54:00:99:00:01', rack: 'rack-1', lastSeen: at },
    ]);
    await client.patch(vlanKind, 'untagged', { spec: { dhcp: { mode: 'Proxy' } } });
    await expect.poll(told, patient).toEqual(['False', 'Expected', ['10.0.0.66']]);
    await hear([]);
    await expect.poll(told, patient).toEqual(['False', 'NoneSeen', []]);
    expect(events).toContain('VLAN/untagged Warning ForeignDHCPServer');
    expect(events).toContain('VLAN/untagged Normal ForeignDHCPServerGone');
  });

  it('write nothing in quiet times', async () => {
    await operator();
    await fabric('main');
    await vlan('untagged', 'main');
    await subnet('lab', 'untagged', '10.0.0.0/24', { gateway: '10.0.0.1' });
    await subnet('overlapping', 'untagged', '10.0.0.0/25');
    const name = await machineOn('lab', 1);
    await expect.poll(() => addressesOf(name), patient).toHaveLength(1);
    await expect.poll(() => readyReason(subnetKind, 'overlapping'), patient).toBe('False Overlaps');
    await expect.poll(() => readyReason(ipAddressKind, '10.0.0.2'), patient).toBe('True Reserved');
    const versions = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const kind of kinds) {
        const { items } = await client.list(kind);
        found.push(
          ...items.map((item) => `${item.kind}/${item.metadata.name} ${item.metadata.resourceVersion}`),
        );
      }
      return found.sort();
    };
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const before = await versions();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    expect(await versions()).toEqual(before);
  });
});
