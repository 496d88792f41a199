import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { openBootTokens } from './boot-tokens.ts';

const mac = '52:54:00:00:00:01';
const request = { machine: 'node-1', machineUid: 'uid', generation: 4, mac, address: '10.0.0.10' };
const presenter = { macAddresses: [mac], systemUuid: undefined, addressConfirmed: true };
const machine = { uid: 'uid', macAddresses: [mac], systemUuid: undefined, generation: 4 };

let directory: string;
let path: string;
let now = 0;
const open = () => openBootTokens({ path, clock: { now: () => now }, log: silentLogger });

beforeEach(async () => {
  now = 1_000_000;
  directory = await mkdtemp(join(tmpdir(), 'metalwright-tokens-'));
  path = join(directory, 'state', 'tokens.json');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('boot tokens', () => {
  it('are of 256 bits, never twice the same, and only their hashes are kept, for the owner alone', async () => {
    const tokens = await open();
    const made = await Promise.all(Array.from({ length: 8 }, () => tokens.issue(request)));
    expect(new Set(made).size).toBe(8);
    for (const token of made) expect(Buffer.from(token ?? '', 'base64url')).toHaveLength(32);
    const text = await readFile(path, 'utf8');
    for (const token of made) expect(text).not.toContain(token);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('are eight for one boot at most: the oldest goes', async () => {
    const tokens = await open();
    const first = await tokens.issue(request);
    for (let more = 0; more < 8; more += 1) await tokens.issue(request);
    expect(await tokens.redeem(first ?? '', presenter, machine)).toMatchObject({ refusal: 'Unknown' });
  });

  it('are made for a machine that was deleted and made anew under its name, whose generations begin again', async () => {
    const tokens = await open();
    const token = (await tokens.issue(request)) ?? '';
    await tokens.redeem(token, presenter, machine);
    expect(await tokens.issue(request)).toBeUndefined();
    expect(await tokens.issue({ ...request, machineUid: 'another' })).toBeDefined();
  });

  it('are forgotten after a day, and a replay until then is known as one', async () => {
    const tokens = await open();
    const token = (await tokens.issue(request)) ?? '';
    await tokens.redeem(token, presenter, machine);
    now += 23 * 3_600_000;
    await tokens.issue({ ...request, generation: 5 });
    expect(await tokens.redeem(token, presenter, machine)).toMatchObject({ refusal: 'Used' });
    now += 3_600_001;
    await tokens.issue({ ...request, generation: 6 });
    expect(await tokens.redeem(token, presenter, machine)).toMatchObject({ refusal: 'Unknown' });
  });

  it('are neither made nor used up while the disk takes nothing', async () => {
    const tokens = await open();
    const token = (await tokens.issue(request)) ?? '';
    await rm(join(directory, 'state'), { recursive: true });
    await writeFile(join(directory, 'state'), 'in the way');
    await expect(tokens.issue(request)).rejects.toThrow();
    await expect(tokens.redeem(token, presenter, machine)).rejects.toThrow();
    expect(tokens.hasSession(request)).toBe(false);
    await rm(join(directory, 'state'));
    expect(await tokens.redeem(token, presenter, machine)).toMatchObject({ kind: 'Opened' });
  });

  it.each([
    ['no JSON', '{"version":1,'],
    ['of another shape', '{"version":2,"tokens":[],"sessions":[]}'],
  ])('start anew when their file is %s, which is put aside', async (_, text) => {
    await mkdir(join(directory, 'state'));
    await writeFile(path, text);
    const tokens = await open();
    expect(await readdir(join(directory, 'state'))).toEqual(['tokens.json.damaged']);
    expect(await tokens.issue(request)).toBeDefined();
  });

  it('give another key to who lost the answer, until the first key was used; the first is void then', async () => {
    const tokens = await open();
    const token = (await tokens.issue(request)) ?? '';
    const nonce = 'n'.repeat(43);
    const first = await tokens.redeem(token, { ...presenter, nonce }, machine);
    expect(await tokens.redeem(token, presenter, machine)).toMatchObject({ refusal: 'Used' });
    const other = { ...presenter, nonce: 'x'.repeat(43) };
    expect(await tokens.redeem(token, other, machine)).toMatchObject({ refusal: 'Used' });
    const again = await open();
    const second = await again.redeem(token, { ...presenter, nonce }, machine);
    if (first.kind !== 'Opened' || second.kind !== 'Opened') throw new Error('not opened');
    expect(again.session(first.sessionKey)).toBeUndefined();
    expect(again.session(second.sessionKey)).toMatchObject({ machine: 'node-1' });
    expect(await again.redeem(token, { ...presenter, nonce }, machine)).toMatchObject({ refusal: 'Used' });
    await again.close();
    expect(await (await open()).redeem(token, { ...presenter, nonce }, machine)).toMatchObject({
      refusal: 'Used',
    });
  });

  it('live through a hundred changes at once and a restart', async () => {
    const tokens = await open();
    const names = Array.from({ length: 100 }, (_, index) => `node-${index}`);
    const made = await Promise.all(names.map((name) => tokens.issue({ ...request, machine: name })));
    const again = await open();
    for (const token of made) expect(again.find(token ?? '')).toBeDefined();
  });
});

describe('a session', () => {
  it('lasts for as long as it is used, also through a restart, and a day longer', async () => {
    const tokens = await open();
    const token = (await tokens.issue(request)) ?? '';
    const opened = await tokens.redeem(token, presenter, machine);
    if (opened.kind !== 'Opened') throw new Error('not opened');
    for (let hours = 0; hours < 100; hours += 1) {
      now += 3_600_000;
      expect(tokens.session(opened.sessionKey)).toBeDefined();
      await tokens.issue({ ...request, machine: `other-${hours}` });
    }
    await tokens.close();
    const again = await open();
    now += 22 * 3_600_000;
    await again.issue({ ...request, machine: 'other' });
    expect(again.hasSession(request)).toBe(true);
    now += 3 * 3_600_000;
    await again.issue({ ...request, machine: 'another' });
    expect(again.session(opened.sessionKey)).toBeUndefined();
  });

  it('remembers how it ended, through a restart', async () => {
    const tokens = await open();
    const token = (await tokens.issue(request)) ?? '';
    const opened = await tokens.redeem(token, presenter, machine);
    if (opened.kind !== 'Opened') throw new Error('not opened');
    await tokens.end(opened.session, { task: 't', kind: 'Reboot' });
    const again = await open();
    expect(again.session(opened.sessionKey)?.ending).toEqual({ task: 't', kind: 'Reboot' });
    expect(await again.issue(request)).toBeUndefined();
    expect(await again.issue({ ...request, generation: 5 })).toBeDefined();
  });
});
