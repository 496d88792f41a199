import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Inventory } from '../../../src/api/machine-inventory/schema.ts';
import { hashSecret, newSecret } from '../../../src/rack/boot-token/secrets.ts';
import { call, tokenOf } from './call.ts';
import { aMachine, expecting } from './fake-machines.ts';
import { startRack, type TestRack } from './rack.ts';

const mac = '52:54:00:00:00:01';
const own = '127.0.0.10';
const thief = '127.0.0.66';
const image = {
  ...{ os: 'debian', release: '12', digest: 'd'.repeat(64), sizeBytes: 10, rawSizeBytes: 20 },
  format: 'RawZstd' as const,
};
const seed = { metaData: 'instance-id: x', userData: '#cloud-config', vendorData: '', networkConfig: 'v2' };

const inventory: Inventory = {
  system: { vendor: 'QEMU' },
  firmware: { mode: 'BIOS' },
  cpus: [{ socket: 0, cores: 2, threads: 2 }],
  numaNodes: [],
  memory: { totalMiB: 1024, dimms: [] },
  nics: [{ name: 'eth0', mac, link: true }],
  ...{ disks: [], pci: [], usb: [], gpus: [] },
};

let rack: TestRack;

beforeEach(async () => {
  rack = await startRack();
  const kernelDigest = await rack.addImage(Buffer.from('kernel'));
  const initrdDigest = await rack.addImage(Buffer.from('initrd'));
  await Promise.all([rack.images.ensure(kernelDigest), rack.images.ensure(initrdDigest)]);
  rack.machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: [] };
  rack.machines.disks.set('debian-12', image);
  rack.machines.seeds.set('seed-of-it', seed);
});

afterEach(() => rack.stop());

async function session(kind: 'Inventory' | 'Install' | 'Erase'): Promise<string> {
  rack.machines.machines.set('node-1', aMachine('node-1', mac, expecting(kind)));
  rack.dhcp(mac, own);
  const { text } = await call(`${rack.base}/boot/52-54-00-00-00-01.ipxe`, { from: own });
  const json = { token: tokenOf(text), macAddresses: [mac] };
  const { json: body } = await call(`${rack.base}/agent/v1/sessions`, { from: own, json });
  return String(body.sessionKey);
}

const getTask = (key: string, from = own) => call(`${rack.base}/agent/v1/task`, { from, key });
const putResult = (key: string, json: object, id = 'task-7') =>
  call(`${rack.base}/agent/v1/tasks/${id}/result`, { from: own, key, json, method: 'PUT' });
const postEvent = (key: string, json: object, id = 'task-7') =>
  call(`${rack.base}/agent/v1/tasks/${id}/events`, { from: own, key, json });
const event = (sequence: number, percent: number) => ({
  ...{ sequence, percent, at: '2026-11-22T12:00:00Z' },
  ...{ step: 'Write', message: `${percent} % written` },
});

describe('the task of a session', () => {
  it('is an install with image, root disk hints and seed', async () => {
    const { json } = await getTask(await session('Install'));
    expect(json).toEqual({
      id: 'task-7',
      kind: 'Install',
      image: {
        ...{ path: `/images/${image.digest}`, sha256: image.digest, sizeBytes: 10, rawSizeBytes: 20 },
        format: 'RawZstd',
      },
      rootDisk: {},
      seed,
      osName: 'debian 12',
    });
  });

  it.each([
    ['its BootImage is not there', () => rack.machines.disks.clear()],
    ['its seed is not there', () => rack.machines.seeds.clear()],
    ['its seed cannot be read', () => (rack.machines.broken = true)],
  ])('is to be asked for again while %s', async (_, happens) => {
    const key = await session('Install');
    happens();
    const { status, headers } = await getTask(key);
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('5');
  });

  it('is nothing while the operator has set none', async () => {
    const key = await session('Inventory');
    rack.machines.setStatus('node-1', { task: undefined });
    expect((await getTask(key)).status).toBe(204);
  });

  it.each([
    ['Install', 'Succeeded', 'Reboot'],
    ['Install', 'Failed', 'PowerOff'],
    ['Inventory', 'Succeeded', 'PowerOff'],
    ['Erase', 'Succeeded', 'PowerOff'],
  ] as const)('after an %s that %s is %s', async (kind, outcome, ending) => {
    const key = await session(kind);
    const result = { outcome, message: 'done', ...(kind === 'Inventory' ? { inventory } : {}) };
    expect((await putResult(key, result)).status).toBe(204);
    const { json } = await getTask(key);
    expect(json.kind).toBe(ending);
    expect((await putResult(key, { outcome: 'Succeeded', message: '' }, String(json.id))).status).toBe(204);
    expect(rack.machines.recorded.tasks).toHaveLength(1);
  });

  it('still tells how to go on when the operator was quicker, also after a restart, and nothing else', async () => {
    const key = await session('Install');
    await putResult(key, { outcome: 'Succeeded', message: 'installed' });
    rack.machines.setStatus('node-1', { boot: { generation: 8, target: 'Disk' }, task: undefined });
    await rack.restart();
    expect((await getTask(key)).json.kind).toBe('Reboot');
    expect((await postEvent(key, event(1, 1), 'task-8')).status).toBe(403);
  });
});

describe('a session', () => {
  it.each([
    ['without a key', async () => undefined],
    ['with a guessed key', async () => newSecret()],
  ])('is not opened %s', async (_, key) => {
    await session('Install');
    const { status, json, headers } = await call(`${rack.base}/agent/v1/task`, {
      ...{ from: own, headers: { authorization: `Bearer ${await key()}` } },
    });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(JSON.stringify(json)).not.toContain('node-1');
    expect(rack.machines.recorded.events).toMatchObject([{ reason: 'SessionRefused' }]);
  });

  it('does not answer another address, and says so', async () => {
    const key = await session('Install');
    expect((await getTask(key, thief)).status).toBe(403);
    expect(rack.machines.recorded.events).toMatchObject([{ machine: 'node-1', reason: 'SessionRefused' }]);
    expect((await getTask(key)).status).toBe(200);
  });

  it('goes with its machine to another address that DHCP gave it', async () => {
    const key = await session('Install');
    rack.dhcp(mac, '127.0.0.11');
    expect((await getTask(key, '127.0.0.11')).status).toBe(200);
  });

  it('is over when the boot generation moves on: no task, no event, no result', async () => {
    const key = await session('Install');
    rack.machines.setStatus('node-1', expecting('Install', 8));
    const replies = [
      await getTask(key),
      await postEvent(key, event(1, 1)),
      await putResult(key, { outcome: 'Succeeded', message: '' }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(rack.machines.recorded.tasks).toEqual([]);
  });

  it('speaks of no task but its own', async () => {
    const key = await session('Install');
    rack.machines.machines.set('node-2', aMachine('node-2', '52:54:00:00:00:02', expecting('Install', 9)));
    expect((await putResult(key, { outcome: 'Succeeded', message: '' }, 'task-9')).status).toBe(409);
    expect((await postEvent(key, event(1, 1), 'task-9')).status).toBe(409);
  });
});

describe('a result', () => {
  it('is stored before it is answered, and again is no change', async () => {
    const key = await session('Inventory');
    const result = { outcome: 'Succeeded', message: 'two disks', inventory };
    expect((await putResult(key, result)).status).toBe(204);
    expect((await putResult(key, result)).status).toBe(204);
    expect(rack.machines.recorded.inventories).toEqual(['node-1']);
    expect(rack.machines.recorded.tasks).toMatchObject([
      { id: 'task-7', outcome: 'Succeeded', percent: 100 },
    ]);
  });

  it('is to be sent again while it cannot be stored', async () => {
    const key = await session('Install');
    rack.machines.broken = true;
    expect((await putResult(key, { outcome: 'Succeeded', message: '' })).status).toBe(503);
    rack.machines.broken = false;
    expect((await getTask(key)).json.kind).toBe('Install');
    expect((await putResult(key, { outcome: 'Succeeded', message: '' })).status).toBe(204);
  });

  it('of an inventory without an inventory is refused', async () => {
    const key = await session('Inventory');
    expect((await putResult(key, { outcome: 'Succeeded', message: '' })).status).toBe(422);
  });

  it('names its failure', async () => {
    const key = await session('Install');
    await putResult(key, { outcome: 'Failed', reason: 'ImageDigestMismatch', message: 'bytes differ' });
    expect(rack.machines.recorded.tasks).toMatchObject([
      { outcome: 'Failed', reason: 'ImageDigestMismatch', message: 'bytes differ' },
    ]);
  });

  it.each([
    ['no JSON', '{', 400, 'BadRequest'],
    ['another shape', '{"outcome":"Perhaps"}', 422, 'BodyRefused'],
    ['more than 4 MiB', JSON.stringify({ message: 'x'.repeat(5 * 1024 * 1024) }), 413, 'BodyTooLarge'],
  ])('that is %s is refused', async (_, body, status, code) => {
    const key = await session('Install');
    const reply = await fetchFrom(`${rack.base}/agent/v1/tasks/task-7/result`, key, body);
    expect(reply).toMatchObject({ status, code });
  });
});

describe('events', () => {
  it('are stored at most every two seconds, and none after the result', async () => {
    const key = await session('Install');
    for (let percent = 0; percent < 20; percent += 1)
      expect((await postEvent(key, event(percent, percent))).status).toBe(204);
    await putResult(key, { outcome: 'Succeeded', message: 'installed' });
    expect((await postEvent(key, event(20, 99))).status).toBe(204);
    const outcomes = rack.machines.recorded.tasks.map(({ outcome }) => outcome);
    expect(outcomes.slice(0, -1).length).toBeLessThanOrEqual(2);
    expect(outcomes.at(-1)).toBe('Succeeded');
  });
});

describe('an enlistment', () => {
  const enlist = (from: string, macAddresses = [mac]) =>
    call(`${rack.base}/agent/v1/enlistments`, {
      ...{ from, json: { macAddresses, architecture: 'amd64', firmware: 'BIOS', inventory } },
    });

  it('is taken from an address that DHCP gave to the machine', async () => {
    rack.dhcp(mac, own);
    const { status, json } = await enlist(own);
    expect([status, json]).toEqual([201, { machine: 'm-525400000001' }]);
  });

  it.each([
    ['an address without DHCP', thief, [mac]],
    ['an address that DHCP gave to another interface', own, ['52:54:00:00:00:09']],
  ])('is refused from %s', async (_, from, macs) => {
    rack.dhcp(mac, own);
    expect((await enlist(from, macs)).status).toBe(403);
    expect(rack.machines.recorded).toMatchObject({ enlisted: [], events: [{ reason: 'EnlistmentRefused' }] });
  });

  it('of a machine that is known already names it', async () => {
    rack.machines.machines.set('node-1', aMachine('node-1', mac, {}));
    rack.dhcp(mac, own);
    expect((await enlist(own)).json).toEqual({ machine: 'node-1' });
  });

  it('is refused while a hundred wait, and limited to six a minute of one address', async () => {
    rack.machines.pending = 100;
    rack.dhcp(mac, own);
    const replies = [];
    for (let attempt = 0; attempt < 8; attempt += 1) replies.push((await enlist(own)).status);
    expect(replies).toEqual([403, 403, 403, 403, 403, 403, 429, 429]);
    rack.advance(60_000);
    rack.machines.pending = 99;
    expect((await enlist(own)).status).toBe(201);
  });
});

describe('the call of an installed OS', () => {
  const token = newSecret();
  const home = (path: string) => call(`${rack.base}/phone-home/v1/${path}`, { from: thief, method: 'POST' });

  beforeEach(() => {
    const status = {
      boot: { generation: 9, target: 'Disk' as const },
      phoneHomeTokenHash: hashSecret(token),
    };
    rack.machines.machines.set('node-1', aMachine('node-1', mac, status));
    rack.machines.machines.set('node-2', aMachine('node-2', '52:54:00:00:00:02', {}));
  });

  it('is reported, stage by stage, any number of times', async () => {
    for (const stage of ['started', 'started', 'finished'])
      expect((await home(`node-1/${token}/${stage}`)).status).toBe(200);
    expect(rack.machines.recorded.boots.map(({ stage, generation }) => [stage, generation])).toEqual([
      ['PhonedHome', 9],
      ['PhonedHome', 9],
      ['Finished', 9],
    ]);
  });

  it.each([
    ['a wrong token', () => `node-1/${newSecret()}/started`],
    ['the token of another machine', () => `node-2/${token}/started`],
    ['an unknown machine', () => `node-3/${token}/started`],
    ['an unknown stage', () => `node-1/${token}/rooted`],
  ])('with %s is not found, and no log has the token', async (_, path) => {
    const { status, text } = await home(path());
    expect([status, text]).toEqual([404, 'Not found\n']);
    expect(rack.machines.recorded.boots).toEqual([]);
    expect(rack.machines.recorded.events).toMatchObject([{ reason: 'PhoneHomeRefused' }]);
    expect(rack.log() + JSON.stringify(rack.machines.recorded)).not.toContain(token);
  });
});

async function fetchFrom(url: string, key: string, body: string): Promise<{ status: number; code: string }> {
  rack.dhcp(mac, '127.0.0.1');
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'PUT', headers, body });
  const { code } = JSON.parse(await response.text());
  return { status: response.status, code };
}
