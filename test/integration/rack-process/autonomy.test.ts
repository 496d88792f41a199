import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { createDhclient, type Dhclient } from '../netns/dhclient.ts';
import { requireTools } from '../netns/namespaces.ts';
import { eventually, type RackProcess, type Site, startSite } from './site.ts';

const deployed = { name: 'deployed', mac: '52:54:00:77:00:01', address: '10.77.0.51', device: 'nic0' };
const expected = { name: 'expected', mac: '52:54:00:77:00:02', address: '10.77.0.52', device: 'nic1' };
const later = { name: 'later', mac: '52:54:00:77:00:03', address: '10.77.0.53', device: 'nic2' };
const clients = [deployed, expected, later];
const seedSecret = 'never-on-the-disk-of-a-rack';

let site: Site;
let rack: RackProcess;
const dhclients = new Map<string, Dhclient>();

beforeAll(async () => {
  requireTools('dhclient', 'curl', 'ip');
  site = await startSite();
  await connectClients();
  await describeImage();
  await describeMachine(deployed, 'Disk');
  await describeMachine(expected, 'EphemeralOS');
  await site.kubectl.run(
    ...[
      'create',
      'secret',
      'generic',
      'seed',
      '-n',
      'metalwright-system',
      `--from-literal=userData=${seedSecret}`,
    ],
  );
  rack = site.startRack();
  await rack.says(/"msg":"ready"/);
}, 300_000);
afterAll(async () => {
  for (const client of dhclients.values()) await client.vanish().catch(() => {});
  await rack?.kill().catch(() => {});
  await site?.stop();
});

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => console.error(rack.output().split('\n').slice(-60).join('\n')));
});

/** Three network cards of one namespace, on one bridge with the rack. */
async function connectClients(): Promise<void> {
  const { node, machine, netns, directory } = site;
  await node.ip('address', 'flush', 'dev', 'eth0');
  await node.ip('link', 'add', 'br0', 'type', 'bridge');
  await node.ip('link', 'set', 'eth0', 'master', 'br0');
  for (const [index, { device }] of clients.entries()) {
    if (index === 0) continue;
    await netns.cable(node, `eth${index}`, machine, device);
    await node.ip('link', 'set', `eth${index}`, 'master', 'br0');
  }
  await node.ip('address', 'add', '10.77.0.1/24', 'dev', 'br0');
  await node.ip('link', 'set', 'br0', 'up');
  for (const { device, mac, name } of clients) {
    await machine.ip('link', 'set', device, 'address', mac);
    const folder = join(directory, name);
    mkdirSync(folder);
    dhclients.set(name, createDhclient(machine, device, folder));
  }
}

async function describeImage(): Promise<void> {
  const digests = ['kernel', 'initrd'].map((name) => {
    const bytes = Buffer.from(`the ${name}`);
    mkdirSync(join(site.directory, 'images'), { recursive: true });
    writeFileSync(join(site.directory, 'images', name), bytes);
    return { digest: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
  });
  const [kernel, initrd] = digests;
  const source = (name: string) => ({ file: { path: join(site.directory, 'images', name) } });
  await site.client.create(bootImageKind, {
    metadata: { name: 'ephemeral' },
    spec: {
      os: 'metalwright',
      release: '1',
      architecture: 'amd64',
      purpose: 'Ephemeral',
      artifacts: [
        { role: 'Kernel', source: source('kernel'), format: 'Raw' },
        { role: 'Initrd', source: source('initrd'), format: 'Raw' },
      ],
    },
  });
  await site.client.applyStatus(
    bootImageKind,
    {
      metadata: { name: 'ephemeral' },
      status: {
        artifacts: [
          { role: 'Kernel', digest: `sha256:${kernel?.digest}`, sizeBytes: kernel?.sizeBytes ?? 0 },
          { role: 'Initrd', digest: `sha256:${initrd?.digest}`, sizeBytes: initrd?.sizeBytes ?? 0 },
        ],
      },
    },
    { fieldManager: 'test' },
  );
}

async function describeMachine(
  { name, mac, address }: typeof deployed,
  target: 'Disk' | 'EphemeralOS',
): Promise<void> {
  const { client } = site;
  await client.create(machineKind, {
    metadata: { name },
    spec: {
      macAddresses: [mac],
      architecture: 'amd64',
      approved: true,
      bmc: { driver: 'ipmi', address: '10.77.0.9', credentialsSecret: 'bmc-credentials' },
    },
  });
  await client.applyStatus(
    machineKind,
    {
      metadata: { name },
      status: {
        phase: target === 'Disk' ? 'Deployed' : 'Commissioning',
        boot: { generation: 1, target },
        ...(target === 'Disk'
          ? {}
          : {
              task: { id: 'task-1', generation: 1, kind: 'Inventory', secret: 'seed' },
            }),
      },
    },
    { fieldManager: 'test' },
  );
  await client.create(ipAddressKind, {
    metadata: { name: address },
    spec: { address, subnet: 's', purpose: 'Static', mac },
  });
}

const machineOf = (name: string) => site.client.get(machineKind, name);

async function addressOf({ name }: typeof deployed): Promise<string | undefined> {
  return (await dhclients.get(name)?.obtain())?.ip_address;
}

async function curl(from: typeof deployed, path: string, ...args: string[]): Promise<string> {
  const { output } = await site.machine.run([
    ...['curl', '-sS', '--max-time', '20', '--interface', from.device, ...args],
    `http://10.77.0.1:7480${path}`,
  ]);
  return output;
}

const scriptOf = (client: typeof deployed): Promise<string> =>
  curl(client, `/boot/${client.mac.replaceAll(':', '-')}.ipxe`);

describe('a rack whose API server is away', () => {
  it('has what it needs on its disk, for its owner alone, and no secret in it', async () => {
    expect(await addressOf(deployed)).toBe(deployed.address);
    expect(await scriptOf(deployed)).toContain('is not expected to boot over the network');
    const path = join(site.directory, 'rack/world.jsonl');
    const text = await eventually('a snapshot with the image', async () => {
      const content = existsSync(path) ? readFileSync(path, 'utf8') : '';
      return content.includes('"racks":[{"name":"rack-1"') && content;
    });
    expect(text).toContain(deployed.mac);
    expect(text).not.toContain(seedSecret);
    expect(text).not.toContain('bmc-credentials');
    expect(text).not.toMatch(/"Secret"/);
  });

  it('serves known machines as before, though it was killed and started anew meanwhile', async () => {
    await site.apiServer.kill();
    await rack.kill('SIGKILL');
    rack = site.startRack();
    await rack.says(/serving from the snapshot of the world/);
    await rack.says(/"service":"Http".*"msg":"serves"/);
    expect(await addressOf(deployed)).toBe(deployed.address);
    expect(await scriptOf(deployed)).toContain('is not expected to boot over the network');
  });

  it('boots a machine that is expected, once, and takes the result of its task', async () => {
    expect(await addressOf(expected)).toBe(expected.address);
    const script = await scriptOf(expected);
    const token = /mw\.token=([A-Za-z0-9_-]+)/.exec(script)?.[1];
    expect(token, script).toBeDefined();
    const request = JSON.stringify({ token, macAddresses: [expected.mac] });
    const json = ['-H', 'content-type: application/json'];
    const opened = JSON.parse(await curl(expected, '/agent/v1/sessions', ...json, '-d', request));
    expect(opened).toMatchObject({ machine: expected.name, generation: 1 });
    const replay = JSON.parse(
      await curl(
        expected,
        '/agent/v1/sessions',
        ...json,
        '-d',
        JSON.stringify({ token, macAddresses: [deployed.mac] }),
      ),
    );
    expect(replay.status).toBeGreaterThanOrEqual(400);
    const key = ['-H', `authorization: Bearer ${opened.sessionKey}`];
    expect(JSON.parse(await curl(expected, '/agent/v1/task', ...key))).toEqual({
      id: 'task-1',
      kind: 'Inventory',
    });
    const result = { outcome: 'Succeeded', message: 'all seen', inventory };
    const status = await curl(
      expected,
      '/agent/v1/tasks/task-1/result',
      ...[...key, ...json, '-X', 'PUT', '-d', JSON.stringify(result), '-w', '%{http_code}'],
    );
    expect(status).toBe('204');
    expect(JSON.parse(await curl(expected, '/agent/v1/task', ...key))).toMatchObject({ kind: 'PowerOff' });
    expect(await scriptOf(expected)).toContain('has used this boot already');
  });

  it('tells what it saw when the API server is back, in order, though it was killed once more', async () => {
    expect(readdirSync(join(site.directory, 'rack/outbox'))).toContain('expected.json');
    await rack.kill('SIGKILL');
    rack = site.startRack();
    await rack.says(/serving from the snapshot of the world/);
    await site.apiServer.start();
    const told = await eventually('the result of the task', async () => {
      const machine = await machineOf(expected.name);
      return machine?.status?.taskResult?.outcome === 'Succeeded' && machine;
    });
    expect(told.status?.bootProgress).toMatchObject({ stage: 'Agent', generation: 1, rack: 'rack-1' });
    expect(told.status?.taskResult).toMatchObject({ id: 'task-1', message: 'all seen' });
    const stored = await site.client.get(machineInventoryKind, expected.name);
    expect(stored?.hardware.memory?.totalMiB).toBe(1024);
    await eventually(
      'an empty outbox',
      async () => readdirSync(join(site.directory, 'rack/outbox')).length === 0,
    );
  });

  it('goes on with the world as it is now', async () => {
    await rack.says(/"msg":"ready"/);
    await describeMachine(later, 'Disk');
    await eventually(
      'the address of a machine that came later',
      async () => (await addressOf(later)) === later.address,
    );
    await eventually('the condition', async () => {
      const self = await site.client.get(rackKind, 'rack-1');
      return findCondition(self?.status?.conditions, 'SnapshotStored')?.status === 'True';
    });
  });

  it('puts a damaged snapshot aside, says so, and serves from the API server', async () => {
    await rack.kill('SIGTERM');
    const path = join(site.directory, 'rack/world.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('10.77.0.51', '10.77.0.99'));
    rack = site.startRack();
    await rack.says(/the snapshot of the world is damaged and was put aside/);
    await rack.says(/"msg":"ready"/);
    expect(await addressOf(deployed)).toBe(deployed.address);
    expect(existsSync(`${path}.damaged`)).toBe(true);
    await eventually('the condition', async () => {
      const self = await site.client.get(rackKind, 'rack-1');
      const condition = findCondition(self?.status?.conditions, 'SnapshotStored');
      return condition?.message.includes(`${path}.damaged`);
    });
  });
});

const inventory = {
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
