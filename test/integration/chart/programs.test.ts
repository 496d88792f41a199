import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { zoneKind } from '../../../src/api/zone/schema.ts';
import { leases, namespaces, secrets } from '../../../src/kube/core-resources.ts';
import { requireTools } from '../netns/namespaces.ts';
import { eventually, type RackProcess, type Site, startSite } from '../rack-process/site.ts';
import { type Accounts, makeAccounts, type Program } from './accounts.ts';
import { makeHelm, releaseNamespace } from './helm.ts';
import { pretendMachine } from './pretended-machine.ts';

const repository = resolve(import.meta.dirname, '../../..');
const name = 'm-525400770001';

let site: Site;
let accounts: Accounts;
let rack: RackProcess;
let machine: Awaited<ReturnType<typeof pretendMachine>>;
const programs: ChildProcess[] = [];
let log = '';
let apiPort = 0;

/** The real program, with the rights of its account in the chart and no others. */
async function startProgram(program: Program, variables: Record<string, string>): Promise<void> {
  const kubeconfig = await accounts.writeKubeconfig(join(site.directory, `${program}.kubeconfig`), program);
  const child = spawn(process.execPath, [join(repository, `src/bin/${program}.ts`)], {
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: kubeconfig,
      METALWRIGHT_NAMESPACE: releaseNamespace,
      ...variables,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      log += piece;
    });
  }
  programs.push(child);
}

beforeAll(async () => {
  requireTools('dhclient', 'curl', 'ip');
  site = await startSite();
  const kubeconfigPath = join(site.directory, 'control-plane/kubeconfig');
  await site.client.create(namespaces, { metadata: { name: 'tenant' } });
  // The namespace and the CRDs are there already.
  await makeHelm(kubeconfigPath).install({
    crds: { enabled: false },
    userData: { namespaces: ['tenant'] },
  });
  accounts = await makeAccounts(kubeconfigPath);
  const images = join(site.directory, 'images');
  mkdirSync(images, { recursive: true });
  for (const file of ['kernel', 'initrd', 'disk']) writeFileSync(join(images, file), `the ${file}`);
  await describeImages(images);
  await site.node.start([process.execPath, join(import.meta.dirname, 'power-service.ts')]).until(/switches/);

  [apiPort = 0] = await freePorts(1);
  await startProgram('operator', {
    METALWRIGHT_IMAGE_DIRS: images,
    METALWRIGHT_ADMIN_PORT: '0',
    METALWRIGHT_BMC_SETUP: 'false',
  });
  await startProgram('server', { METALWRIGHT_API_PORT: String(apiPort) });
  rack = site.startRack({
    KUBECONFIG: await accounts.writeKubeconfig(join(site.directory, 'rack.kubeconfig'), 'rack', 'rack-1'),
    METALWRIGHT_BMC_PACE_MS: '0',
    METALWRIGHT_POWER_POLL_SECONDS: '5',
    METALWRIGHT_BMC_HEALTH_SECONDS: '5',
  });
  await rack.says(/"msg":"ready"/);
  machine = await pretendMachine(site);
}, 600_000);
afterAll(async () => {
  await machine?.vanish().catch(() => undefined);
  for (const child of programs) child.kill('SIGKILL');
  await rack?.kill().catch(() => undefined);
  await accounts?.close();
  await site?.stop();
});
beforeEach(({ onTestFailed }) => {
  onTestFailed(() => console.error(`${log.slice(-6000)}\n${rack.output().slice(-6000)}`));
});

async function describeImages(folder: string): Promise<void> {
  const artifact = (role: 'Kernel' | 'Initrd' | 'Disk') => ({
    role,
    format: 'Raw' as const,
    source: { file: { path: join(folder, role.toLowerCase()) } },
  });
  const common = { os: 'debian', release: '12', architecture: 'amd64' as const };
  await site.client.create(bootImageKind, {
    metadata: { name: 'ephemeral' },
    spec: { ...common, purpose: 'Ephemeral', artifacts: [artifact('Kernel'), artifact('Initrd')] },
  });
  await site.client.create(bootImageKind, {
    metadata: { name: 'debian-12' },
    spec: { ...common, purpose: 'Disk', artifacts: [artifact('Disk')] },
  });
}

const read = async () => (await site.client.get(machineKind, name))?.status;

/** Boots the machine again and again until it is in a phase, as a power cycle would. */
async function until(phase: string, seen: string[] = []): Promise<string[]> {
  await eventually(
    `the phase ${phase}`,
    async () => {
      if ((await read())?.phase === phase) return true;
      seen.push(...(await machine.boot()));
      return undefined;
    },
    300_000,
  );
  return seen;
}

/** What the API server counted. */
async function countOf(metric: RegExp): Promise<string[]> {
  const text = await site.kubectl.run('get', '--raw', '/metrics');
  return text.split('\n').filter((line) => metric.test(line));
}

describe('the programs, each with what the chart lets it do', () => {
  it('import images, hold them, lead, and report on the rack', async () => {
    await eventually(
      'images in the rack',
      async () => {
        const image = await site.client.get(bootImageKind, 'debian-12');
        return image?.status?.racks?.some((holder) => holder.name === 'rack-1');
      },
      120_000,
    );
    await eventually('a rack that is ready', async () => {
      const status = (await site.client.get(rackKind, 'rack-1'))?.status;
      return findCondition(status?.conditions, 'Ready')?.status === 'True';
    });
    await eventually('their Leases', async () => {
      const { items } = await site.client.list(leases, { namespace: releaseNamespace });
      const names = items.map(({ metadata }) => metadata.name);
      const wanted = [/^metalwright-operator$/, /^rack-rack-1$/, /^slice-/];
      return wanted.every((pattern) => names.some((each) => pattern.test(each)));
    });
  });

  it('enlist a machine, and commission it', async () => {
    const seen = await eventually('an enlistment', async () => {
      const said = await machine.boot();
      return said.some((line) => line.startsWith('enlist')) && said;
    });
    expect(seen.join()).toContain(name);
    await site.client.patch(machineKind, name, {
      spec: {
        approved: true,
        bmc: {
          driver: 'webhook',
          address: 'http://127.0.0.1:9000',
          parameters: { onPath: '/on', offPath: '/off', queryPath: '/' },
        },
      },
    });
    expect(await until('Ready')).toContain('Inventory 204');
    expect((await read())?.power?.result).toMatchObject({ rack: 'rack-1', outcome: 'Succeeded' });
  });

  it('install it with user data of a tenant, and erase it after that', async () => {
    const userData = '#cloud-config\nhostname: of-a-tenant\n';
    await site.client.create(secrets, {
      metadata: { name: 'user-data', namespace: 'tenant' },
      data: { userData: Buffer.from(userData).toString('base64') },
    });
    await site.client.create(allocationKind, {
      metadata: { name: 'a', namespace: 'tenant' },
      spec: { image: 'debian-12', userDataSecret: 'user-data', sshKeys: [] },
    });
    const seen = await until('Deployed');
    expect(seen).toEqual(expect.arrayContaining(['Install 204', `seed ${userData}`]));
    await site.client.delete(allocationKind, 'a', { namespace: 'tenant' });
    expect(await until('Ready')).toContain('Erase 204');
    await eventually(
      'the end of the Allocation',
      async () => (await site.client.get(allocationKind, 'a', 'tenant')) === undefined,
    );
    expect(await site.client.get(secrets, `seed-${name}`, releaseNamespace)).toBeUndefined();
  });

  it('read for a viewer of the chart, and write in the name of its administrator', async () => {
    const { kubectl } = site;
    for (const role of ['viewer', 'administrator']) {
      await kubectl.run('create', 'serviceaccount', role);
      await kubectl.run(
        ...['create', 'clusterrolebinding', role, `--clusterrole=mw-metalwright-${role}`],
        `--serviceaccount=default:${role}`,
      );
    }
    const call = async (role: string, path: string, init: RequestInit = {}) => {
      const token = (await kubectl.run('create', 'token', role)).trim();
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await fetch(`http://127.0.0.1:${apiPort}/api/v1${path}`, { ...init, headers })).status;
    };
    await eventually('the server', async () => (await call('viewer', `/machines/${name}`)) === 200);
    const zone = { method: 'POST', body: JSON.stringify({ metadata: { name: 'z' }, spec: {} }) };
    expect(await call('administrator', '/zones', zone)).toBe(201);
    expect(await site.client.get(zoneKind, 'z')).toBeDefined();
  });

  it('asked for nothing that they may not do, and wrote nothing that is not theirs', async () => {
    const denied = /^apiserver_validating_admission_policy_check_total\{.*enforcement_action="deny"/;
    expect(await countOf(/^apiserver_request_total\{.*code="403"/)).toEqual([]);
    expect(await countOf(denied)).toEqual([]);
    // Were the policies not in force, the line above would say nothing.
    const stranger = await accounts.clientOf('rack', 'rack-2');
    const status = { version: '1' };
    await expect(
      stranger.applyStatus(rackKind, { metadata: { name: 'rack-1' }, status }, { fieldManager: 'test' }),
    ).rejects.toThrow('its own Rack alone');
    expect(await countOf(denied)).not.toEqual([]);
  });
});
