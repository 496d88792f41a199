import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../../lab/process/poll.ts';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { chassisKind } from '../../../src/api/chassis/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import type { MachineStatus } from '../../../src/api/machine/status.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { poolKind } from '../../../src/api/pool/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { messageOf } from '../../../src/errors/coded-error.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { leases, namespaces, secrets } from '../../../src/kube/core-resources.ts';
import { type BorrowedPlane, borrowPlane } from '../shared/borrow.ts';
import { type Accounts, makeAccounts } from './accounts.ts';
import { makeHelm, releaseNamespace } from './helm.ts';

let plane: BorrowedPlane;
let accounts: Accounts;
let admin: KubeClient;
let operator: KubeClient;
let rack: KubeClient;
let other: KubeClient;
let nowhere: KubeClient;

const at = '2026-01-01T00:00:00.000000Z';
const digest = `sha256:${'0'.repeat(64)}`;
const spec = { architecture: 'amd64' as const, macAddresses: ['52:54:00:00:00:01'] };
const fieldManager = 'test';

/** `allowed`, or what was said. */
async function attempt(write: () => Promise<unknown>): Promise<string> {
  try {
    await write();
    return 'allowed';
  } catch (error) {
    return messageOf(error);
  }
}

const statusOf = (client: KubeClient, status: MachineStatus, manager = fieldManager) =>
  attempt(() =>
    client.applyStatus(machineKind, { metadata: { name: 'm1' }, status }, { fieldManager: manager }),
  );

beforeAll(async () => {
  plane = await borrowPlane();
  const helm = makeHelm(plane.kubeconfigPath);
  await helm.install({ crds: { enabled: false } });
  accounts = await makeAccounts(plane.kubeconfigPath);
  admin = accounts.admin;
  operator = await accounts.clientOf('operator');
  rack = await accounts.clientOf('rack', 'node-1');
  other = await accounts.clientOf('rack', 'node-2');
  nowhere = await accounts.clientOf('rack');
  await admin.create(machineKind, { metadata: { name: 'm1' }, spec });
  // A policy is in force some moments after it was made.
  const inForce = async () => {
    const said = await attempt(() => rack.create(rackKind, { metadata: { name: 'stranger' }, spec: {} }));
    const guarded = await attempt(() =>
      operator.create(secrets, { metadata: { name: 'x', namespace: releaseNamespace } }),
    );
    const last = await attempt(() =>
      admin.create(poolKind, { metadata: { name: 'p' }, spec: { kernelArguments: ['init=/bin/sh'] } }),
    );
    for (const name of ['stranger']) await admin.delete(rackKind, name);
    await admin.delete(secrets, 'x', { namespace: releaseNamespace });
    await admin.delete(poolKind, 'p');
    return [said, guarded, last].every((answer) => answer !== 'allowed') ? true : undefined;
  };
  await poll(inForce, { what: 'the policies', timeoutMs: 120_000, intervalMs: 500 });
}, 300_000);
afterAll(async () => {
  await accounts?.close();
  plane?.giveBack();
});

describe('a rack', () => {
  it('makes and reports on its own Rack alone', async () => {
    expect(await attempt(() => rack.create(rackKind, { metadata: { name: 'node-1' }, spec: {} }))).toBe(
      'allowed',
    );
    const status = { version: '1' };
    const own = { metadata: { name: 'node-1' }, status };
    expect(await attempt(() => rack.applyStatus(rackKind, own, { fieldManager }))).toBe('allowed');
    expect(await attempt(() => other.applyStatus(rackKind, own, { fieldManager }))).toContain(
      'its own Rack alone',
    );
    expect(await attempt(() => nowhere.applyStatus(rackKind, own, { fieldManager }))).toContain(
      'has to name its node',
    );
    expect(await attempt(() => other.create(rackKind, { metadata: { name: 'node-3' }, spec: {} }))).toContain(
      'its own Rack alone',
    );
  });

  it('keeps its own Lease, takes slices for itself and gives them back', async () => {
    const lease = (name: string, holderIdentity: string) => ({
      metadata: { name, namespace: releaseNamespace },
      spec: { holderIdentity },
    });
    const keep = (client: KubeClient, name: string, holder: string) =>
      attempt(() => client.apply(leases, lease(name, holder), { fieldManager }));
    expect(await keep(rack, 'rack-node-1', 'node-1')).toBe('allowed');
    expect(await keep(other, 'rack-node-1', 'node-2')).toContain('its own Lease');
    expect(await keep(rack, 'slice-1', 'node-1')).toBe('allowed');
    expect(await keep(other, 'slice-1', '')).toContain('its own Lease');
    expect(await keep(other, 'slice-2', 'node-1')).toContain('its own Lease');
    expect(await keep(rack, 'slice-1', '')).toBe('allowed');
    expect(await keep(other, 'slice-1', 'node-2')).toBe('allowed');
    expect(await keep(rack, 'metalwright-operator', 'node-1')).toContain('its own Lease');
  });

  it('enlists machines in its own name, approves none, and says nothing else of them', async () => {
    const enlist = (name: string, by: string, more: object = {}) =>
      attempt(() =>
        rack.create(machineKind, {
          metadata: { name, labels: { 'metalwright.dev/enlisted-by': by } },
          spec: { ...spec, ...more },
        }),
      );
    expect(await enlist('e1', 'node-1', { approved: false })).toBe('allowed');
    expect(await enlist('e2', 'node-2')).toContain('enlisted-by');
    expect(await enlist('e3', 'node-1', { approved: true })).toContain('may not approve');
    expect(await enlist('e4', 'node-1', { kernelArguments: ['quiet'] })).toContain(
      'nothing but MAC addresses',
    );
    expect(await enlist('e5', 'node-1', { pool: 'gold' })).toContain('nothing but MAC addresses');
    expect(await attempt(() => rack.patch(machineKind, 'e1', { spec: { approved: true } }))).toMatch(
      /forbidden/i,
    );
    expect(await attempt(() => rack.delete(machineKind, 'e1'))).toMatch(/forbidden/i);
  });

  it('reports what it saw and did, in its own name', async () => {
    const progress = (by: string): MachineStatus => ({
      bootProgress: { generation: 1, stage: 'Kernel', at, rack: by },
    });
    expect(await statusOf(rack, progress('node-1'), 'boot')).toBe('allowed');
    expect(await statusOf(other, progress('node-1'), 'boot')).toBe('allowed');
    expect(await statusOf(rack, progress('node-2'), 'boot')).toContain('in its own name alone');
    expect(await statusOf(other, progress('node-2'), 'boot')).toBe('allowed');

    const result = (by: string): MachineStatus => ({
      power: { result: { id: 'r1', rack: by, outcome: 'Running', startedAt: at } },
      powerState: 'On',
    });
    expect(await statusOf(rack, result('node-2'), 'power')).toContain('in its own name alone');
    expect(await statusOf(rack, result('node-1'), 'power')).toBe('allowed');

    const task: MachineStatus = { taskResult: { id: 't', outcome: 'Running', updatedAt: at } };
    expect(await statusOf(rack, task, 'task')).toBe('allowed');
    const reach = (by: string): MachineStatus => ({ bmcReach: [{ rack: by, reaches: true, since: at }] });
    expect(await statusOf(rack, reach('node-1'), 'reach-1')).toBe('allowed');
    expect(await statusOf(rack, reach('node-2'), 'reach-2')).toContain('of itself alone');
    expect(await statusOf(other, reach('node-2'), 'reach-2')).toBe('allowed');
    expect(await statusOf(rack, {}, 'reach-2')).toBe('allowed');
  });

  it.each<[string, MachineStatus]>([
    ['a phase', { phase: 'Deployed' }],
    ['an order to a BMC', { power: { request: { id: 'p', action: 'Off', requestedAt: at } } }],
    ['a task', { task: { id: 't', generation: 1, kind: 'Erase' } }],
    ['a boot', { boot: { generation: 9, target: 'EphemeralOS' } }],
    ['an approval', { approval: { policy: 'p', at } }],
    ['an owner', { allocation: { namespace: 'n', name: 'a', uid: 'u' } }],
  ])('cannot give a machine %s', async (_what, status) => {
    expect(await statusOf(rack, status, 'theft')).toMatch(/operator's/);
    expect(await statusOf(operator, status, 'theft')).toBe('allowed');
    expect(await statusOf(rack, {}, 'theft')).toMatch(/operator's/);
    expect(await statusOf(operator, {}, 'theft')).toBe('allowed');
  });

  it('says which images it holds itself, and nothing else of an image', async () => {
    await admin.create(bootImageKind, {
      metadata: { name: 'i' },
      spec: {
        os: 'debian',
        release: '12',
        architecture: 'amd64',
        purpose: 'Disk',
        artifacts: [
          { role: 'Disk', format: 'Raw', source: { http: { url: 'https://images.example.com/i' } } },
        ],
      },
    });
    const say = (client: KubeClient, status: object) =>
      attempt(() =>
        client.applyStatus(bootImageKind, { metadata: { name: 'i' }, status }, { fieldManager: 'i' }),
      );
    const held = (name: string) => ({ racks: [{ name, since: at }] });
    const answers = [
      await say(rack, held('node-2')),
      await say(rack, { artifacts: [{ role: 'Disk', digest, sizeBytes: 1 }] }),
    ];
    expect(answers[0]).toContain('of itself alone');
    expect(answers[1]).toContain("operator's");
  });

  it('reports on a chassis in its own name', async () => {
    await admin.create(chassisKind, {
      metadata: { name: 'c' },
      spec: { bmc: { driver: 'proxmox', address: 'https://10.0.0.1:8006', credentialsSecret: 'bmc-c' } },
    });
    const say = (by: string) =>
      attempt(() =>
        rack.applyStatus(
          chassisKind,
          {
            metadata: { name: 'c' },
            status: { result: { id: 'r', rack: by, generation: 1, outcome: 'Running', startedAt: at } },
          },
          { fieldManager },
        ),
      );
    expect(await say('node-2')).toContain('in its own name alone');
    expect(await say('node-1')).toBe('allowed');
  });

  it('reads single Secrets of Metalwright’s namespace, lists none, writes none', async () => {
    await admin.create(secrets, { metadata: { name: 'bmc-1', namespace: releaseNamespace } });
    expect(await attempt(() => rack.get(secrets, 'bmc-1', releaseNamespace))).toBe('allowed');
    expect(await attempt(() => rack.get(secrets, 'bmc-1', 'default'))).toMatch(/forbidden/i);
    expect(await attempt(() => rack.list(secrets, { namespace: releaseNamespace }))).toMatch(/forbidden/i);
    expect(await attempt(() => rack.delete(secrets, 'bmc-1', { namespace: releaseNamespace }))).toMatch(
      /forbidden/i,
    );
  });

  it('sees no Allocation, and keeps inventories', async () => {
    expect(await attempt(() => rack.list(allocationKind))).toMatch(/forbidden/i);
    const inventory = { metadata: { name: 'm1' } };
    const said = await attempt(() => rack.apply(machineInventoryKind, inventory, { fieldManager }));
    expect(said).not.toMatch(/forbidden/i);
    expect(await attempt(() => rack.delete(machineInventoryKind, 'm1'))).toMatch(/forbidden/i);
  });
});

describe('the operator', () => {
  const secret = (name: string, namespace = releaseNamespace) =>
    attempt(() => operator.create(secrets, { metadata: { name, namespace } }));

  it('writes the Secrets that it makes, and no others', async () => {
    for (const name of ['seed-m1', 'bmc-setup-m1', 'metalwright-bmc-sealing'])
      expect(await secret(name)).toBe('allowed');
    expect(await secret('bmc-of-a-person')).toContain('alone');
    expect(await secret('seed-m1', 'default')).toMatch(/forbidden/i);
    await admin.create(secrets, { metadata: { name: 'precious', namespace: releaseNamespace } });
    const remove = (name: string) =>
      attempt(() => operator.delete(secrets, name, { namespace: releaseNamespace }));
    expect(await remove('precious')).toContain('alone');
    expect(await remove('seed-m1')).toBe('allowed');
    expect(await attempt(() => operator.list(secrets, { namespace: releaseNamespace }))).toMatch(
      /forbidden/i,
    );
  });

  it('reads user data where it was told that it may', async () => {
    expect(await attempt(() => operator.get(secrets, 'user-data', 'default'))).toMatch(/forbidden/i);
    await admin.create(namespaces, { metadata: { name: 'tenant' } });
    await makeHelm(plane.kubeconfigPath).upgrade({
      crds: { enabled: false },
      userData: { namespaces: ['tenant'] },
    });
    const reads = async () =>
      (await attempt(() => operator.get(secrets, 'user-data', 'tenant'))) === 'allowed' ? true : undefined;
    await poll(reads, { what: 'the right', timeoutMs: 60_000, intervalMs: 200 });
    expect(await attempt(() => operator.list(secrets, { namespace: 'tenant' }))).toMatch(/forbidden/i);
    expect(await attempt(() => operator.get(secrets, 'user-data', 'default'))).toMatch(/forbidden/i);
  });
});

describe('everybody', () => {
  const machine = (name: string, more: object) =>
    attempt(() => admin.create(machineKind, { metadata: { name }, spec: { ...spec, ...more } }));

  it('may use kernel arguments but those that take a machine over', async () => {
    expect(await machine('k1', { kernelArguments: ['console=ttyS0', 'quiet'] })).toBe('allowed');
    expect(await machine('k2', { kernelArguments: ['quiet', 'init=/bin/sh'] })).toContain('kernelArguments');
    expect(await machine('k3', { kernelArguments: ['rd.break'] })).toContain('kernelArguments');
    expect(await machine('k4', { kernelArguments: ['metalwright.ca=x'] })).toContain('kernelArguments');
  });

  it('may not have Metalwright’s own Secrets sent to a BMC', async () => {
    const bmc = (credentialsSecret: string) => ({
      bmc: { driver: 'redfish', address: 'https://10.0.0.1', credentialsSecret },
    });
    expect(await machine('s1', bmc('bmc-rack-7'))).toBe('allowed');
    expect(await machine('s2', bmc('bmc-setup-s2'))).toBe('allowed');
    for (const name of ['seed-m1', 'bmc-setup-m1', 'metalwright-bmc-sealing', 'mw-metalwright-server-tls']) {
      expect(await machine('s3', bmc(name))).toContain("Metalwright's own");
    }
  });

  it('keeps what is protected until it is not', async () => {
    const metadata = { name: 'kept', annotations: { 'metalwright.dev/protected': 'true' } };
    await admin.create(machineKind, { metadata, spec });
    await admin.create(allocationKind, {
      metadata: { ...metadata, namespace: 'default' },
      spec: { image: 'i' },
    });
    expect(await attempt(() => admin.delete(machineKind, 'kept'))).toContain('is protected');
    expect(await attempt(() => admin.delete(allocationKind, 'kept', { namespace: 'default' }))).toContain(
      'is protected',
    );
    await admin.patch(machineKind, 'kept', {
      metadata: { annotations: { 'metalwright.dev/protected': 'false' } },
    });
    expect(await attempt(() => admin.delete(machineKind, 'kept'))).toBe('allowed');
  });

  it('does not take a machine from who holds it, and is told who that is', async () => {
    await admin.create(machineKind, { metadata: { name: 'held' }, spec });
    const give = (status: MachineStatus) =>
      operator.applyStatus(machineKind, { metadata: { name: 'held' }, status }, { fieldManager: 'holder' });
    await give({ allocation: { namespace: 'team', name: 'web', uid: 'u' } });
    expect(await attempt(() => admin.delete(machineKind, 'held'))).toContain(
      'is held by Allocation team/web: delete that first',
    );
    await give({});
    expect(await attempt(() => admin.delete(machineKind, 'held'))).toBe('allowed');
  });

  it('fetches images by the schemes that are allowed', async () => {
    const image = (name: string, source: object) =>
      attempt(() =>
        admin.create(bootImageKind, {
          metadata: { name },
          spec: {
            os: 'debian',
            release: '12',
            architecture: 'amd64',
            purpose: 'Disk',
            artifacts: [{ role: 'Disk', format: 'Raw', source }],
          },
        }),
      );
    await makeHelm(plane.kubeconfigPath).upgrade({
      crds: { enabled: false },
      policies: { imageUrls: { schemes: ['https'], files: false } },
    });
    const refused = async () => {
      const said = await image('plain', { http: { url: 'http://images.example.com/i' } });
      if (said === 'allowed') await admin.delete(bootImageKind, 'plain');
      return said === 'allowed' ? undefined : said;
    };
    expect(await poll(refused, { what: 'the policy', timeoutMs: 60_000, intervalMs: 500 })).toContain('URL');
    expect(await image('file', { file: { path: '/images/i' } })).toContain('files');
    expect(await image('good', { http: { url: 'https://images.example.com/i' } })).toBe('allowed');
  });
});
