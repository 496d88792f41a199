import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { MachineStatus } from '../../../src/api/machine/status.ts';
import { call, tokenOf } from './call.ts';
import { aMachine, expecting } from './fake-machines.ts';
import { startRack, type TestRack } from './rack.ts';

const mac = '52:54:00:00:00:01';
const own = '127.0.0.10';
const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAITOFATENANT tenant@example';
const seed = {
  metaData: 'instance-id: of-a-tenant',
  userData: '#cloud-config # of-a-tenant',
  vendorData: 'of-a-tenant',
};

let rack: TestRack;

beforeEach(async () => {
  rack = await startRack();
  const kernelDigest = await rack.addImage(Buffer.from('kernel'));
  const initrdDigest = await rack.addImage(Buffer.from('initrd'));
  await Promise.all([rack.images.ensure(kernelDigest), rack.images.ensure(initrdDigest)]);
  rack.machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: [] };
  const image = {
    os: 'debian',
    release: '12',
    digest: 'd'.repeat(64),
    sizeBytes: 10,
    format: 'RawZstd' as const,
  };
  rack.machines.disks.set('debian-12', image);
  rack.machines.seeds.set('seed-of-it', seed);
  rack.dhcp(mac, own);
});

afterEach(() => rack.stop());

const kinds = ['Inventory', 'Test', 'Install', 'Rescue'] as const;
type Kind = (typeof kinds)[number] | 'Erase';

function put(kind: Kind, spec: Partial<Machine['spec']>, status: Partial<MachineStatus> = {}): void {
  const machine = aMachine('node-1', mac, expecting(kind));
  const task = { id: 'task-7', generation: 7, ...machine.status?.task, kind, sshKeys: [sshKey] };
  rack.machines.machines.set('node-1', {
    ...machine,
    spec: { ...machine.spec, ...spec },
    status: { ...machine.status, task, ...status },
  });
}

/** Approval as it can be lacking, by what is in the spec. */
const lacking: [string, Partial<Machine['spec']>][] = [
  ['nobody approved', { approved: false }],
  ['is in quarantine', { approved: true, quarantined: true }],
];
const cases = lacking.flatMap(([how, spec]) => kinds.map((kind) => [how, kind, spec] as const));

const boot = () => call(`${rack.base}/boot/52-54-00-00-00-01.ipxe`, { from: own });
const open = (token: string | undefined) =>
  call(`${rack.base}/agent/v1/sessions`, { from: own, json: { token, macAddresses: [mac] } });
const getTask = (key: string) => call(`${rack.base}/agent/v1/task`, { from: own, key });

function expectNothingSecret(text: string): void {
  expect(text).not.toMatch(/mw\.token|of-a-tenant|TENANT|seed/);
}

describe('a machine that', () => {
  it.each(cases)('%s gets no boot token for a task of kind %s', async (_, kind, spec) => {
    put(kind, spec);
    const { status, text } = await boot();
    expect(status).toBe(200);
    expect(text).toContain('not approved');
    expectNothingSecret(text);
  });

  it.each(cases)('%s opens no session, though it was given a token before, for %s', async (_, kind, spec) => {
    put(kind, { approved: true });
    const token = tokenOf((await boot()).text);
    expect(token).toBeDefined();
    put(kind, spec);
    const { status, text } = await open(token);
    expect(status).toBe(410);
    expectNothingSecret(text);
  });

  it.each(cases)('%s gets nothing by the session that it has, for %s', async (_, kind, spec) => {
    put(kind, { approved: true });
    const { json } = await open(tokenOf((await boot()).text));
    const key = String(json.sessionKey);
    put(kind, spec);
    const { status, text } = await getTask(key);
    expect(status).toBe(503);
    expectNothingSecret(text);
    // As soon as it is approved again it goes on: it was the approval that kept it.
    put(kind, { approved: false }, { approval: { policy: 'lab', at: '2026-11-22T12:00:00Z' } });
    expect((await getTask(key)).status).toBe(200);
  });

  it.each(lacking)('%s is erased all the same', async (_, spec) => {
    put('Erase', spec);
    expect(tokenOf((await boot()).text)).toBeDefined();
  });

  it('enlists and is not approved is asked what it is, with no secret', async () => {
    put('Inventory', { approved: false }, { phase: 'Enlisting', boot: undefined, task: undefined });
    const { text } = await boot();
    expect(text).toContain('mw.enlist=1');
    expectNothingSecret(text);
  });

  it('a policy approved boots as one that a person approved', async () => {
    put('Install', { approved: false }, { approval: { policy: 'lab', at: '2026-11-22T12:00:00Z' } });
    const { json } = await open(tokenOf((await boot()).text));
    expect((await getTask(String(json.sessionKey))).json).toMatchObject({ kind: 'Install', seed });
  });
});
