import { beforeEach, describe, expect, it } from 'vitest';
import { aMachine, aRack } from '../../test/fixtures/objects.ts';
import { plainTerminal } from '../../test/fixtures/terminal.ts';
import { allocationKind } from '../api/allocation/schema.ts';
import { bootImageKind } from '../api/boot-image/schema.ts';
import { machineKind } from '../api/machine/schema.ts';
import { machineActionKind } from '../api/machine-action/schema.ts';
import { rackKind } from '../api/rack/schema.ts';
import { kubeError } from '../kube/errors.ts';
import { createMemoryClient, type MemoryCall, type MemoryClient } from '../kube/memory-client.ts';
import type { Context } from './command.ts';
import { commands } from './commands/table.ts';
import { checks } from './doctor/checks.ts';
import { explain } from './errors.ts';
import { main } from './main.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ mw@example.com';
const patient = { timeout: 10_000, interval: 10 };

let client: MemoryClient;
let out: string;
let err: string;
let interrupt: AbortController;
let before: ((call: MemoryCall) => void) | undefined;

beforeEach(async () => {
  before = undefined;
  client = createMemoryClient({ before: (call) => before?.(call) });
  interrupt = new AbortController();
  [out, err] = ['', ''];
  await client.create(machineKind, aMachine({ name: 'r1' }));
});

const context: () => Context = () => ({
  terminal: plainTerminal(
    (text) => {
      out += text;
    },
    (text) => {
      err += text;
    },
  ),
  version: '1.2.3',
  rest: {},
  cluster: async () => ({ client, context: 'test', server: 'https://test', namespace: 'default' }),
  now: () => Date.now(),
  signal: interrupt.signal,
  readFile: async (path) => {
    if (path === 'id.pub') return `${key}\n`;
    if (path === 'id') return '-----BEGIN OPENSSH PRIVATE KEY-----\n';
    throw new Error('ENOENT');
  },
});
const mw = (line: string) => main(line.split(' '), commands, context);
const ready = (status: 'True' | 'False', message: string) => [
  { type: 'Ready', status, reason: 'X', message, lastTransitionTime: '2026-01-01T00:00:00Z' },
];

describe('mw', () => {
  it('says its version, and asks nobody', async () => {
    before = () => {
      throw new Error('asked');
    };
    expect(await mw('version')).toBe('ok');
    expect(out).toBe('mw 1.2.3\n');
  });

  it('takes a public key from a file, and never a private one', async () => {
    await client.create(bootImageKind, { metadata: { name: 'i' } });
    expect(await mw('allocate --image i --name a --ssh-key id.pub')).toBe('ok');
    expect((await client.get(allocationKind, 'a', 'default'))?.spec.sshKeys).toEqual([key]);
    expect(await mw('allocate --image i --name b --ssh-key id')).toBe('usage');
    expect(err).toContain('id is a private key');
    expect(await mw('allocate --image i --name b --ssh-key none.pub')).toBe('usage');
    expect(await client.get(allocationKind, 'b', 'default')).toBeUndefined();
  });

  it.each([
    ['allocate --image i --memory lots', '--memory lots'],
    ['allocate --image i --cores 0', '--cores 0'],
    ['allocate --image i --disk floppy', '--disk floppy'],
    ['allocate --image i --erase never', '--erase never'],
    ['allocate', 'needs --image'],
    ['machine test r1 --wait --timeout soon', '--timeout soon'],
    ['image import x ./x.raw', 'absolute path'],
    ['image import x /x.raw --digest 123', '--digest 123'],
  ])('%s is wrong, and nothing is written', async (line, message) => {
    const writes = client.writes();
    expect(await mw(line)).toBe('usage');
    expect(err).toContain(message);
    expect(client.writes()).toBe(writes);
  });

  it.each([
    ['Succeeded', 'ok'],
    ['Failed', 'failed'],
    ['Refused', 'refused'],
  ] as const)('waits for an order, through interruptions, until it is %s', async (phase, exit) => {
    let broken = 2;
    before = ({ verb, plural }) => {
      if (verb !== 'watch' || plural !== 'machineactions' || broken === 0) return;
      broken -= 1;
      throw kubeError('Unavailable', 'watching');
    };
    const running = mw('machine test r1 --wait');
    await expect.poll(async () => (await client.list(machineActionKind)).items.length, patient).toBe(1);
    const name = (await client.list(machineActionKind)).items[0]!.metadata.name;
    await client.patchStatus(machineKind, 'r1', { status: { phase: 'Testing', step: 'Test' } });
    await expect.poll(() => err, patient).toContain('r1: Testing, Test');
    await client.patchStatus(machineActionKind, name, { status: { phase, message: 'that is it' } });
    expect(await running).toBe(exit);
    expect(out + err).toContain('r1: that is it');
  });

  it('waits for an allocation, and says each thing once', async () => {
    await client.create(bootImageKind, { metadata: { name: 'i' } });
    const running = mw('allocate --image i --name a --wait');
    await expect.poll(() => client.get(allocationKind, 'a', 'default'), patient).toBeDefined();
    const say = (status: object) =>
      client.patchStatus(allocationKind, 'a', { status }, { namespace: 'default' });
    for (const addresses of [[], ['10.0.0.1']]) {
      await say({ phase: 'Deploying', machine: 'r1', addresses, conditions: ready('False', 'It boots.') });
    }
    await say({ phase: 'Deployed', machine: 'r1', conditions: ready('False', 'cloud-init has not ended.') });
    await expect.poll(() => err, patient).toContain('cloud-init has not ended');
    await say({ phase: 'Deployed', machine: 'r1', conditions: ready('True', '') });
    expect(await running).toBe('ok');
    expect(err.split('It boots.')).toHaveLength(2);
    expect(out).toContain('a: Deployed on r1, at 10.0.0.1');
  });

  it.each([
    ['it failed', { phase: 'Failed' as const, conditions: ready('False', 'No.') }, 'failed'],
    ['it was deleted', undefined, 'failed'],
  ])('stops to wait for an allocation when %s', async (_, status, exit) => {
    await client.create(bootImageKind, { metadata: { name: 'i' } });
    const running = mw('allocate --image i --name a --wait');
    await expect.poll(() => err, patient).toContain('a: Pending');
    if (status === undefined) await client.delete(allocationKind, 'a', { namespace: 'default' });
    else await client.patchStatus(allocationKind, 'a', { status }, { namespace: 'default' });
    expect(await running).toBe(exit);
  });

  it('gives up when the time is over, and when it is interrupted', async () => {
    expect(await mw('machine test r1 --wait --timeout 20ms')).toBe('timedOut');
    expect(err).toContain('did not come to its end within 20ms; it goes on');
    const running = mw('machine test r1 --wait');
    await expect.poll(async () => (await client.list(machineActionKind)).items.length, patient).toBe(2);
    interrupt.abort();
    expect(await running).toBe('interrupted');
  });

  it('imports nothing when the API server refuses one row', async () => {
    const created: string[] = [];
    before = ({ verb, name }) => {
      if (verb === 'create' && name === 'b') throw kubeError('Invalid', 'creating machines/b');
      if (verb === 'create') created.push(name ?? '');
    };
    const withFile = (): Context => ({
      ...context(),
      readFile: async () => 'name,mac\na,52:54:00:00:00:0a\nb,52:54:00:00:00:0b\n',
    });
    expect(await main(['machine', 'import', 'csv', 'x.csv'], commands, withFile)).toBe('usage');
    expect(err).toContain('line 3: ');
    expect(await client.get(machineKind, 'a')).toBeUndefined();
  });
});

describe('what is told of a failure', () => {
  it.each([
    ['Forbidden', 'refused'],
    ['NotFound', 'notFound'],
    ['Timeout', 'timedOut'],
    ['Unavailable', 'failed'],
    ['Conflict', 'refused'],
    ['KubeconfigInvalid', 'failed'],
  ] as const)('%s exits as %s, with a hint and without the advice for controllers', (code, exit) => {
    const told = explain(kubeError(code, 'listing machines failed: no'));
    expect(told).toMatchObject({ exit, message: 'no', hint: expect.any(String) });
  });
});

describe('the doctor', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  const whole = {
    definitions: [],
    forbidden: [],
    racks: [
      aRack({ name: 'rack-1', status: { lastSeen: '2026-01-01T00:09:30Z', conditions: ready('True', '') } }),
    ],
    vlans: [],
    images: [],
    machines: [],
    allocations: [],
    now,
  };
  const findings = (title: string, world: object): string[] =>
    checks
      .find((check) => check.title === title)!
      .find({ ...whole, ...world })
      .map(({ level, what }) => `${level}: ${what}`);
  const bmc = { driver: 'ipmi' as const, address: '10.0.0.1', credentialsSecret: 's' };
  const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason: string) => [
    { type, status, reason, message: 'words', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ];

  it.each<[string, string, object, string[]]>([
    ['nothing when all is well', 'Racks', {}, []],
    ['no rack', 'Racks', { racks: [] }, ['Problem: there is no rack']],
    [
      'a rack that is not Ready',
      'Racks',
      { racks: [aRack({ name: 'a', status: { conditions: ready('False', 'gone') } })] },
      ['Problem: rack a is not Ready: gone'],
    ],
    [
      'a rack that was not heard lately',
      'Racks',
      { now: now + 3_600_000 },
      ['Warning: rack rack-1 was last heard 1 h ago'],
    ],
    ['a list that may not be read', 'Racks', { racks: { problem: 'no' } }, ['Warning: cannot be read: no']],
    [
      'a kind that is missing',
      'Custom resources',
      { definitions: [{ plural: 'tags', state: 'Missing' }] },
      ['Problem: not installed: tags'],
    ],
    [
      'a kind of another release',
      'Custom resources',
      { definitions: [{ plural: 'tags', state: 'OtherFields' }] },
      ['Warning: of another release than this mw: tags'],
    ],
    ['what is forbidden', 'Permissions', { forbidden: ['list racks'] }, ['Warning: you may not list racks']],
    ['no ephemeral OS', 'Images', {}, ['Problem: there is no image of purpose Ephemeral']],
    [
      'a silent BMC',
      'BMCs',
      {
        machines: [
          aMachine({
            name: 'a',
            spec: { bmc },
            status: { conditions: condition('Reachable', 'Unknown', 'BmcSilent') },
          }),
        ],
      },
      ['Problem: machine a: words'],
    ],
    [
      'a BMC that nobody asked yet',
      'BMCs',
      {
        machines: [
          aMachine({ spec: { bmc }, status: { conditions: condition('Reachable', 'Unknown', 'NotAsked') } }),
        ],
      },
      [],
    ],
    [
      'a machine that failed',
      'Machines',
      {
        machines: [
          aMachine({
            name: 'a',
            status: { phase: 'EraseFailed', failure: { reason: 'BmcUnreachable', message: 'm' } },
          }),
        ],
      },
      ['Problem: machine a is EraseFailed: BmcUnreachable: m'],
    ],
    [
      'a machine that is late',
      'Machines',
      { machines: [aMachine({ name: 'a', status: { conditions: condition('Late', 'True', 'DhcpLate') } })] },
      ['Warning: machine a is late: words'],
    ],
  ])('finds %s', (_, title, world, found) => {
    expect(findings(title, world)).toEqual(found);
  });
});

describe('a list', () => {
  it('is a table of the objects of a rack', async () => {
    await client.create(rackKind, aRack({ name: 'node-1' }));
    expect(await mw('rack list')).toBe('ok');
    expect(out).toMatch(/^NAME +URL/);
    expect(out).toContain('\nnode-1');
  });
});
