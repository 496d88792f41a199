import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMw } from '../../../images/mw/build.ts';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { subnetKind } from '../../../src/api/subnet/schema.ts';
import { namespaces } from '../../../src/kube/core-resources.ts';
import { aMachine, until } from '../controllers/setting.ts';
import { type Setting, startSetting } from '../server/setting.ts';
import { type Ended, startMw } from './program.ts';

const many = 1_100;
const patient = { timeout: 30_000, interval: 200 };
const at = '2026-01-01T00:00:00Z';

const condition = (type: string, status: 'True' | 'False', reason: string, message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: at,
});

/** Lines, with the ages and the widths that they have at another moment taken out. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\b\d+(s|m|h|d)(\d+(s|m|h))?\b/g, 'AGE').replace(/ +/g, ' '));
}

/** What `mw` lists with the REST API, beside what the API server prints itself. */
describe('mw lists by the REST API what it lists by the API server', () => {
  let setting: Setting;
  let directory: string;
  let program: string;
  let byServer: string[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-mw-list-'));
    program = await buildMw(join(directory, 'mw'));
    setting = await startSetting();
    const token = await setting.token('lister', {
      rules: [
        { resources: ['machines', 'allocations', 'bootimages', 'racks', 'subnets'], verbs: ['get', 'list'] },
      ],
    });
    writeFileSync(join(directory, 'token'), token);
    byServer = ['--server', setting.url, '--token-file', join(directory, 'token')];
    await fill();
    await until('the server has all of them', async () => {
      const { out } = await mw('machine list -o name', byServer);
      return (
        out.split('\n').length === many + 1 && (await mw('allocation list -A', byServer)).out.includes('b-1')
      );
    });
  }, 240_000);
  afterAll(async () => {
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const mw = (line: string, where: string[] = []): Promise<Ended> =>
    startMw(program, setting.kubeconfigPath, [...line.split(' '), ...where]).ended;

  async function fill(): Promise<void> {
    const { client } = setting;
    const manager = { fieldManager: 'test' };
    const numbers = Array.from({ length: many }, (_, number) => number);
    for (let from = 0; from < many; from += 50) {
      await Promise.all(
        numbers.slice(from, from + 50).map((number) => {
          const machine = aMachine(`m-${number}`, number, { pool: number % 3 === 0 ? 'third' : 'rest' });
          return client.create(machineKind, {
            ...machine,
            metadata: {
              ...machine.metadata,
              labels: { rack: `r${number % 7}`, ...(number % 2 ? { odd: '' } : {}) },
            },
          });
        }),
      );
    }
    await client.applyStatus(
      machineKind,
      {
        metadata: { name: 'm-7' },
        status: {
          ...{ phase: 'Deployed', powerState: 'On', allocation: { namespace: 'a', name: 'a-1', uid: 'u' } },
          ...{
            hardware: {
              cores: 32,
              threads: 64,
              nics: 2,
              disks: [],
              memoryMiB: 262_144,
              vendor: 'Example Corp.',
              product: 'R7',
            },
          },
          conditions: [
            condition('Approved', 'True', 'ByPerson'),
            condition('Ready', 'False', 'AgentSilent', 'It said nothing, since 5 minutes.\nSecond line.'),
            condition('Late', 'True', 'DhcpLate'),
          ],
        },
      },
      manager,
    );
    for (const name of ['a', 'b', 'a-b']) await client.create(namespaces, { metadata: { name } });
    await client.create(bootImageKind, {
      metadata: { name: 'debian-12' },
      spec: {
        ...{ os: 'debian', release: '12', architecture: 'amd64', purpose: 'Disk' },
        artifacts: [
          { role: 'Disk', format: 'Raw', source: { http: { url: 'https://images.example.com/d.raw' } } },
        ],
      },
    });
    for (const [namespace, name] of [
      ['b', 'b-1'],
      ['a', 'a-1'],
      ['a-b', 'c-1'],
      ['default', 'd-1'],
    ] as const)
      await client.create(allocationKind, { metadata: { namespace, name }, spec: { image: 'debian-12' } });
    await client.applyStatus(
      allocationKind,
      {
        metadata: { namespace: 'a', name: 'a-1' },
        status: { phase: 'Deployed', machine: 'm-7', addresses: ['10.0.0.7', 'fd00::7'] },
      },
      manager,
    );
    await client.create(rackKind, { metadata: { name: 'node-1' }, spec: {} });
    await client.applyStatus(
      rackKind,
      {
        metadata: { name: 'node-1' },
        status: {
          ...{
            httpUrl: 'http://10.0.0.1:5248',
            vlans: ['one', 'two'],
            leases: 0,
            lastSeen: at,
            version: '0.1.0',
          },
          conditions: [condition('Ready', 'True', 'Serving')],
        },
      },
      manager,
    );
    await client.create(subnetKind, {
      metadata: { name: 'lan' },
      spec: { vlan: 'one', cidr: '10.0.0.0/16', gateway: '10.0.0.1' },
    });
    await client.applyStatus(
      subnetKind,
      {
        metadata: { name: 'lan' },
        status: {
          addresses: {
            assigned: 3,
            free: '65531',
            dynamic: '0',
            reserved: '0',
            total: '65534',
            utilisationPercent: 0,
          },
        },
      },
      manager,
    );
  }

  it.each([
    'machine list',
    'machine list -o wide',
    'machine list -o name',
    'machine list --pool third --phase Deployed',
    'machine list --pool third -o wide',
    'machine list -l rack=r3,odd',
    'machine list -l rack!=r3,!odd',
    'allocation list',
    'allocation list -A -o wide',
    'allocation list -n a',
    'allocation list -n nowhere',
    'rack list -o wide',
    'subnet list -o wide',
    'subnet list --vlan one',
    'image list -o wide',
    'image list --purpose Ephemeral',
  ])('%s', async (line) => {
    const [theirs, ours] = [await mw(line), await mw(line, byServer)];
    expect(ours.code).toBe(theirs.code);
    expect(linesOf(ours.out)).toEqual(linesOf(theirs.out));
    expect(ours.err).toBe(theirs.err);
  });

  it('takes its columns in the same places', async () => {
    const [theirs, ours] = [await mw('machine list'), await mw('machine list', byServer)];
    const head = (text: string): string | undefined => text.split('\n')[0]?.replace(/AGE$/, '');
    expect(head(ours.out)).toBe(head(theirs.out));
    expect(ours.out.split('\n')).toHaveLength(many + 2);
  });

  it('tells a person without rights the same by both', async () => {
    const other = join(directory, 'other');
    writeFileSync(
      other,
      await setting.token('nobody', { rules: [{ resources: ['zones'], verbs: ['get'] }] }),
    );
    await expect
      .poll(() => mw('rack list', ['--server', setting.url, '--token-file', other]), patient)
      .toMatchObject({ code: 5, out: '' });
  });
});
