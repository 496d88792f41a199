import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, tokenOf } from './call.ts';
import { aMachine, expecting } from './fake-machines.ts';
import { startRack, type TestRack } from './rack.ts';

const mac = '52:54:00:00:00:01';
const otherMac = '52:54:00:00:00:02';
const own = '127.0.0.10';
const thief = '127.0.0.66';
const script = '/boot/52-54-00-00-00-01.ipxe';

let rack: TestRack;

beforeEach(async () => {
  rack = await startRack();
  const kernelDigest = await rack.addImage(Buffer.from('a kernel'));
  const initrdDigest = await rack.addImage(Buffer.from('an initrd'));
  await rack.images.ensure(kernelDigest);
  await rack.images.ensure(initrdDigest);
  rack.machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: ['mitigations=off'] };
  rack.machines.machines.set('node-1', aMachine('node-1', mac, expecting('Inventory')));
  rack.dhcp(mac, own);
});

afterEach(() => rack.stop());

async function bootToken(): Promise<string> {
  const { text } = await call(rack.base + script, { from: own });
  return tokenOf(text)!;
}

function swap(token: string, from = own, macAddresses = [mac], systemUuid?: string) {
  const json = { token, macAddresses, ...(systemUuid === undefined ? {} : { systemUuid }) };
  return call(`${rack.base}/agent/v1/sessions`, { from, json });
}

const reasons = () => rack.machines.recorded.events.map(({ reason }) => reason);

describe('the boot script', () => {
  it('carries kernel, initrd and a token for a machine that is expected and did DHCP here', async () => {
    const { status, text, headers } = await call(rack.base + script, { from: own });
    expect(status).toBe(200);
    expect(text).toMatch(/^#!ipxe\n/);
    expect(text).toContain(`${rack.base}/images/${rack.machines.ephemeral!.kernelDigest}`);
    expect(text).toContain('mitigations=off');
    expect(tokenOf(text)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(headers['content-length']).toBe(String(text.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(rack.machines.recorded.boots).toMatchObject([
      { machine: 'node-1', stage: 'Loader', generation: 7, address: own },
    ]);
  });

  it('makes no token for a HEAD, but tells the length of what GET brings', async () => {
    const head = await call(rack.base + script, { from: own, method: 'HEAD' });
    const got = await call(rack.base + script, { from: own });
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
    expect(rack.machines.recorded.boots).toHaveLength(1);
  });

  it('sends the machine to its disk, with an Event, when another address asks', async () => {
    const { text } = await call(rack.base + script, { from: thief });
    expect(tokenOf(text)).toBeUndefined();
    expect(text).toContain('sanboot');
    expect(reasons()).toEqual(['BootTokenRefused']);
  });

  it('carries no token when the address was given to another machine meanwhile', async () => {
    rack.dhcp(otherMac, own);
    expect(tokenOf((await call(rack.base + script, { from: own })).text)).toBeUndefined();
  });

  it('carries no token when DHCP was too long ago', async () => {
    rack.advance(11 * 60_000);
    expect(tokenOf((await call(rack.base + script, { from: own })).text)).toBeUndefined();
  });

  it.each([
    ['is not expected to boot', { boot: { generation: 7, target: 'Disk' as const } }],
    [
      'was expected until a minute ago',
      { boot: { generation: 7, target: 'EphemeralOS' as const, expiresAt: '2026-11-22T11:59:00Z' } },
    ],
    [
      'has done its task',
      { taskResult: { id: 'task-7', outcome: 'Succeeded' as const, updatedAt: '2026-11-22T11:59:00Z' } },
    ],
  ])('sends a machine to its disk that %s', async (_, status) => {
    rack.machines.setStatus('node-1', status);
    const { text } = await call(rack.base + script, { from: own });
    expect(tokenOf(text)).toBeUndefined();
    expect(text).toContain('sanboot --no-describe --drive 0x80');
  });

  it('asks an unknown machine to enlist, without any secret', async () => {
    const { text } = await call(`${rack.base}/boot/52-54-00-00-00-09.ipxe`, { from: thief });
    expect(text).toContain('mw.enlist=1');
    expect(tokenOf(text)).toBeUndefined();
  });

  it('lets the machine wait while the rack fetches the image, and starts fetching', async () => {
    const kernelDigest = await rack.addImage(Buffer.from('another kernel'));
    rack.machines.ephemeral = { ...rack.machines.ephemeral!, kernelDigest };
    const { text } = await call(rack.base + script, { from: own });
    expect(text).toContain(`chain --replace ${rack.base}${script}`);
    expect(tokenOf(text)).toBeUndefined();
    await expect.poll(() => rack.images.has(kernelDigest)).toBe(true);
    expect(await bootToken()).toBeDefined();
  });
});

describe('the boot token', () => {
  it('buys a session once, and the second use is refused and told', async () => {
    const token = await bootToken();
    const first = await swap(token);
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({ machine: 'node-1', generation: 7 });
    const second = await swap(token);
    expect(second.status).toBe(410);
    expect(second.json).toMatchObject({ code: 'BootTokenUsed' });
    expect(second.headers['content-type']).toBe('application/problem+json');
    expect(reasons()).toEqual(['BootTokenReplayed']);
  });

  it('is replayed in vain from the address of a thief, who learns nothing', async () => {
    const token = await bootToken();
    await swap(token);
    const replayed = await swap(token, thief);
    expect(replayed.status).toBe(410);
    expect(replayed.text).not.toContain('node-1');
  });

  it('opens exactly one session for twenty calls at once', async () => {
    const token = await bootToken();
    const replies = await Promise.all(Array.from({ length: 20 }, () => swap(token)));
    expect(replies.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array.from({ length: 19 }, () => 410),
    ]);
  });

  it('opens no second session in one boot generation, though the script was asked for twice', async () => {
    const [first, second] = [await bootToken(), await bootToken()];
    expect((await swap(second)).status).toBe(201);
    expect((await swap(first)).status).toBe(410);
    expect(tokenOf((await call(rack.base + script, { from: own })).text)).toBeUndefined();
  });

  it.each([
    ['from another address', 403, 'BootTokenWrongAddress', () => ({ from: thief })],
    ['with the MAC address of another machine', 403, 'BootTokenWrongMachine', () => ({ macs: [otherMac] })],
  ])('is refused %s, and not used up by that', async (_, status, code, how) => {
    const token = await bootToken();
    const { from, macs } = { from: own, macs: [mac], ...how() };
    const stolen = await swap(token, from, macs);
    expect(stolen.status).toBe(status);
    expect(stolen.json.code).toBe(code);
    expect(reasons()).toEqual(['BootTokenRefused']);
    expect((await swap(token)).status).toBe(201);
  });

  it('is refused to a machine with another SMBIOS UUID', async () => {
    const hardware = { systemUuid: 'aaaaaaaa-0000-0000-0000-000000000001' };
    rack.machines.setStatus('node-1', {
      hardware: { ...hardware, cores: 1, threads: 1, memoryMiB: 1, nics: 1, disks: [] },
    });
    const token = await bootToken();
    expect((await swap(token, own, [mac], 'bbbbbbbb-0000-0000-0000-000000000001')).status).toBe(403);
    expect((await swap(token, own, [mac], 'AAAAAAAA-0000-0000-0000-000000000001')).status).toBe(201);
  });

  it.each([
    ['its boot generation is over', () => rack.machines.setStatus('node-1', expecting('Inventory', 8))],
    ['it is ten minutes old', () => rack.advance(10 * 60_000)],
    [
      'the machine is no longer expected',
      () => rack.machines.setStatus('node-1', { boot: { generation: 7, target: 'Disk' } }),
    ],
    ['its Machine was deleted', () => rack.machines.machines.delete('node-1')],
  ])('is refused when %s', async (_, happens) => {
    const token = await bootToken();
    happens();
    const late = await swap(token);
    expect(late.status).toBe(410);
    expect(late.json.code).toBe('BootTokenExpired');
  });

  it('is refused when it is guessed, and a Machine of the same name made anew has no right to it', async () => {
    expect((await swap(randomBytes(32).toString('base64url'))).status).toBe(403);
    const token = await bootToken();
    const machine = rack.machines.machines.get('node-1')!;
    rack.machines.machines.set('node-1', { ...machine, metadata: { ...machine.metadata, uid: 'another' } });
    expect((await swap(token)).status).toBe(410);
  });

  it('and its session live through a restart of the rack, and a used one stays used', async () => {
    const token = await bootToken();
    await rack.restart();
    const { sessionKey } = (await swap(token)).json;
    await rack.restart();
    expect((await swap(token)).status).toBe(410);
    const task = await call(`${rack.base}/agent/v1/task`, { from: own, key: String(sessionKey) });
    expect(task.json).toEqual({ id: 'task-7', kind: 'Inventory' });
  });

  it('is never in a log, an Event or a file of the rack, nor is the session key', async () => {
    const token = await bootToken();
    const { sessionKey } = (await swap(token)).json;
    await swap(token, thief);
    await call(`${rack.base}/agent/v1/task`, { from: thief, key: String(sessionKey) });
    await call(`${rack.base}/${token}`, { from: own });
    const state = join(rack.directory, 'state', 'boot-tokens.json');
    expect((await stat(state)).mode & 0o777).toBe(0o600);
    const said = [rack.log(), JSON.stringify(rack.machines.recorded), await readFile(state, 'utf8')].join(
      '\n',
    );
    expect(said).toContain(createHash('sha256').update(token).digest('hex'));
    expect(said).not.toContain(token);
    expect(said).not.toContain(String(sessionKey));
  });
});
