import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildMw } from '../../../images/mw/build.ts';
import { allocationKind } from '../../../src/api/allocation/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { machineActionKind } from '../../../src/api/machine-action/schema.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { createImage, type Setting, startSetting } from '../controllers/setting.ts';
import { type Ended, startMw } from './program.ts';

const patient = { timeout: 60_000, interval: 200 };
const many = 2_000;
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ mw@example.com';

/** A MAC address of its own for each number. */
const mac = (number: number): string =>
  `52:54:${number.toString(16).padStart(8, '0').match(/../g)?.join(':') ?? ''}`;

describe('mw on a real API server', () => {
  let setting: Setting;
  let client: KubeClient;
  let directory: string;
  let program: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-cli-'));
    program = await buildMw(join(directory, 'mw'));
    setting = await startSetting();
    client = setting.client;
    await createImage(client, 'debian-12');
  });
  afterAll(async () => {
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const mw = (...words: string[]): Promise<Ended> => startMw(program, setting.kubeconfigPath, words).ended;
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const state = (name: string, status: Record<string, unknown>): Promise<unknown> =>
    client.applyStatus(machineKind, { metadata: { name }, status }, { fieldManager: 'test' });

  it('says that nothing is there, and exits well', async () => {
    expect(await mw('machine', 'list')).toEqual({ code: 0, out: '', err: 'No machines found.\n' });
  });

  it('describes a machine, shows it in every format, and finds what was mistyped', async () => {
    const added = await mw(
      'machine',
      'add',
      'r1-1',
      '--mac',
      '52-54-00-AA-00-01',
      '--not-approved',
      '--pool',
      'lab',
    );
    expect(added).toMatchObject({ code: 0, out: 'machine.metalwright.dev/r1-1 created\n' });
    await state('r1-1', { phase: 'New', powerState: 'Off' });
    const list = await mw('machine', 'list');
    expect(list.out.split('\n')[0]).toMatch(/^NAME +PHASE +STEP +POWER/);
    expect(list.out.split('\n')[1]).toMatch(/^r1-1 +New +Off/);
    expect((await mw('machine', 'list', '-o', 'name')).out).toBe('machine.metalwright.dev/r1-1\n');
    expect((await mw('machine', 'list', '-o', 'jsonpath={.items[*].spec.macAddresses[0]}')).out).toBe(
      '52:54:00:aa:00:01',
    );
    expect(parse((await mw('machine', 'show', 'r1-1', '-o', 'yaml')).out)).toMatchObject({
      spec: { pool: 'lab', approved: false },
    });
    expect(JSON.parse((await mw('machine', 'list', '-o', 'json')).out)).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Machine' }],
    });
    expect((await mw('machine', 'show', 'r1-1')).out).toMatch(/Pool: +lab/);
    const missing = await mw('machine', 'show', 'r1-l');
    expect(missing).toMatchObject({
      code: 3,
      err: 'error: there is no machine r1-l\nhint: did you mean r1-1?\n',
    });
  });

  it('approves, and changes nothing in a dry run', async () => {
    const dry = await mw('machine', 'approve', 'r1-1', '--dry-run');
    expect(dry.code).toBe(0);
    expect((await client.get(machineKind, 'r1-1'))?.spec.approved).toBe(false);
    expect(await mw('machine', 'approve', 'r1-1')).toMatchObject({
      code: 0,
      out: 'machine.metalwright.dev/r1-1 approved\n',
    });
    expect((await client.get(machineKind, 'r1-1'))?.spec.approved).toBe(true);
    expect((await mw('machine', 'approve', 'r1-1', 'nobody')).code).toBe(3);
  });

  it('refuses a name that is taken, and what the rules of the kind forbid', async () => {
    expect(await mw('machine', 'add', 'r1-1', '--mac', mac(9))).toMatchObject({ code: 5 });
    const refused = await mw('machine', 'add', 'r1-9', '--mac', mac(9), '--bmc-driver', 'ipmi');
    expect(refused.code).toBe(5);
    expect(refused.err).toContain('spec.bmc');
    expect(await client.get(machineKind, 'r1-9')).toBeUndefined();
  });

  it('makes all machines of a CSV, or none and names the lines', async () => {
    const good = `name,mac,bmc-driver,bmc-address,bmc-secret,tags\nc-1,${mac(0x1001)},ipmi,10.0.0.1,bmc,"ssd,fast"\nc-2,${mac(0x1002)},,,,\n`;
    const bad = `${good}c-3,52:54:zz,,,,\nc-2,${mac(0x1003)},,,,\nr1-1,${mac(0x1004)},,,,\n`;
    const refused = await mw('machine', 'import', 'csv', file('bad.csv', bad));
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('line 4: mac "52:54:zz" is none');
    expect(refused.err).toContain('line 5: name c-2 is that of line 3');
    const byServer = await mw(
      'machine',
      'import',
      'csv',
      file('rule.csv', `${good}c-3,${mac(0x1003)},ipmi,,,\n`),
    );
    expect(byServer.code).toBe(2);
    expect(byServer.err).toMatch(/line 4: .*spec\.bmc/);
    const taken = await mw(
      'machine',
      'import',
      'csv',
      file('taken.csv', `${good}c-3,52:54:00:aa:00:01,,,,\n`),
    );
    expect(taken.err).toContain('line 4: mac 52:54:00:aa:00:01 belongs to machine r1-1');
    expect(await client.get(machineKind, 'c-1')).toBeUndefined();
    const path = file('good.csv', good);
    expect((await mw('machine', 'import', 'csv', path, '--dry-run')).out).toContain(
      '2 machines would be created',
    );
    expect(await client.get(machineKind, 'c-1')).toBeUndefined();
    expect(await mw('machine', 'import', 'csv', path)).toMatchObject({
      code: 0,
      out: '2 machines created\n',
    });
    expect((await client.get(machineKind, 'c-1'))?.spec.tags).toEqual(['ssd', 'fast']);
  });

  it('orders an action, follows it, and exits by its end', async () => {
    const ends = [
      ['Succeeded', 0],
      ['Failed', 1],
      ['Refused', 5],
    ] as const;
    for (const [phase, code] of ends) {
      const running = startMw(program, setting.kubeconfigPath, [
        'machine',
        'power',
        'on',
        'r1-1',
        '--wait',
        '--timeout',
        '60s',
      ]);
      let name = '';
      await expect
        .poll(async () => {
          const { items } = await client.list(machineActionKind);
          name = items.find(({ status }) => status?.phase === undefined)?.metadata.name ?? '';
          return name;
        }, patient)
        .not.toBe('');
      await client.applyStatus(
        machineActionKind,
        { metadata: { name }, status: { phase, message: 'as it was' } },
        { fieldManager: 'test' },
      );
      const ended = await running.ended;
      expect(ended.code).toBe(code);
      expect(ended.out + ended.err).toContain('r1-1: as it was');
    }
    expect((await mw('machine', 'lock', 'r1-1', '--wait', '--timeout', '1s')).code).toBe(4);
  });

  it('allocates, and tells what happens until it is there', async () => {
    const words = [
      'allocate',
      '--image',
      'debian-12',
      '--cores',
      '2',
      '--memory',
      '4Gi',
      '--ssh-key',
      key,
      '--name',
      'web',
      '--wait',
      '--timeout',
      '60s',
    ];
    const running = startMw(program, setting.kubeconfigPath, words);
    const where = { name: 'web', namespace: 'default' };
    await expect.poll(() => client.get(allocationKind, 'web', 'default'), patient).toBeDefined();
    const say = (status: Record<string, unknown>) =>
      client.applyStatus(allocationKind, { metadata: where, status }, { fieldManager: 'test' });
    const ready = (status: 'True' | 'False', message: string) => [
      { type: 'Ready', status, reason: 'X', message, lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    await say({
      phase: 'Deploying',
      machine: 'r1-1',
      conditions: ready('False', 'The agent writes the image.'),
    });
    await state('r1-1', { phase: 'Deploying', step: 'Install' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await say({ phase: 'Deployed', machine: 'r1-1', addresses: ['10.0.0.9'], conditions: ready('True', '') });
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.err).toContain('web: Deploying on r1-1: The agent writes the image.');
    expect(ended.err).toContain('r1-1: Deploying, Install');
    expect(ended.out).toContain('web: Deployed on r1-1, at 10.0.0.9');
    expect((await client.get(allocationKind, 'web', 'default'))?.spec).toMatchObject({
      constraints: { cores: 2, memoryMiB: 4096 },
      sshKeys: [key],
    });
    expect((await mw('allocation', 'list', '-A')).out).toMatch(/default +web +Deployed +r1-1/);
    expect(await mw('allocation', 'release', 'web', '--wait')).toMatchObject({ code: 0 });
    expect(await client.get(allocationKind, 'web', 'default')).toBeUndefined();
    expect((await mw('allocate', '--image', 'debian-l2')).err).toContain('did you mean debian-12?');
  });

  it('shows the manifest of a command, which the API server takes as it is', async () => {
    const { out, code } = await mw('manifest', 'machine', 'add', 'm-1', '--mac', mac(77));
    expect(code).toBe(0);
    const made: unknown = parse(out);
    expect(made).toMatchObject({ kind: 'Machine', metadata: { name: 'm-1' } });
    expect((await mw('manifest', 'machine', 'list')).code).toBe(2);
    await client.create(machineKind, machineKind.parse(made), { dryRun: true });
  });

  it('watches, and ends when it is interrupted', async () => {
    const running = startMw(program, setting.kubeconfigPath, ['machine', 'list', '-w']);
    await expect.poll(() => running.out(), patient).toContain('r1-1');
    await state('r1-1', { phase: 'Broken' });
    await expect.poll(() => running.out(), patient).toMatch(/r1-1 +Broken/);
    running.interrupt();
    expect((await running.ended).code).toBe(130);
  });

  it('examines the cluster, and exits with 1 as there is no rack', async () => {
    const { code, out } = await mw('doctor');
    expect(code).toBe(1);
    expect(out).toMatch(/ok +API server: https:/);
    expect(out).toMatch(/ok +Custom resources: 1\d kinds/);
    expect(out).toMatch(/problem +Racks: there is no rack\n +mend: start one/);
  });

  it('tells a person without rights what they may not do', async () => {
    const rights: Resource<KubeObject> = {
      group: '',
      version: 'v1',
      plural: 'serviceaccounts',
      kind: 'ServiceAccount',
      namespaced: true,
    };
    await client.create(rights, { metadata: { name: 'nobody', namespace: 'default' } });
    const kubeconfig = parse(
      await import('node:fs').then(({ readFileSync }) => readFileSync(setting.kubeconfigPath, 'utf8')),
    );
    kubeconfig.users[0].user.as = 'system:serviceaccount:default:nobody';
    const path = file('nobody', JSON.stringify(kubeconfig));
    const listed = await mw('machine', 'list', '--kubeconfig', path);
    expect(listed.code).toBe(5);
    expect(listed.err).toContain('cannot list resource "machines"');
    const { code, out } = await mw('doctor', '--kubeconfig', path);
    expect(code).toBe(0);
    expect(out).toContain('you may not list machines');
  });

  it('explains an API server that is not there', async () => {
    const path = file(
      'away',
      JSON.stringify({
        'current-context': 'away',
        contexts: [{ name: 'away', context: { cluster: 'away', user: '' } }],
        clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:1' } }],
      }),
    );
    expect((await mw('machine', 'list', '--kubeconfig', path)).code).toBe(1);
    const { code, out } = await mw('doctor', '--kubeconfig', path);
    expect(code).toBe(1);
    expect(out).toContain('mend: is the API server up');
    expect((await mw('machine', 'list', '--context', 'other')).err).toContain('no entry other in contexts');
  });

  it(`lists ${many} machines, whole and filtered`, async () => {
    const machines = Array.from({ length: many }, (_, number) => number);
    for (let from = 0; from < many; from += 50) {
      await Promise.all(
        machines.slice(from, from + 50).map((number) =>
          client.create(machineKind, {
            metadata: { name: `big-${String(number).padStart(5, '0')}` },
            spec: {
              macAddresses: [mac(0x10000 + number)],
              architecture: 'amd64',
              pool: number % 2 === 0 ? 'even' : 'odd',
            },
          }),
        ),
      );
    }
    const { code, out } = await mw('machine', 'list');
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => line.startsWith('big-'))).toHaveLength(many);
    const odd = await mw('machine', 'list', '--pool', 'odd', '-o', 'name');
    expect(odd.out.split('\n').filter((line) => line !== '')).toHaveLength(many / 2);
    expect((await mw('__complete', 'machine', 'show', 'big-0001')).out.split('\n')).toHaveLength(11);
  }, 300_000);
});
