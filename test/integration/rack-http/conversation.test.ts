import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Console } from '../../../src/agent/console.ts';
import { fetchImage } from '../../../src/agent/install/fetch-image.ts';
import { createRackClient } from '../../../src/agent/rack/client.ts';
import { createHttpSender, openDownload } from '../../../src/agent/rack/http.ts';
import { systemTiming } from '../../../src/agent/time.ts';
import { type TaskHandlers, work } from '../../../src/agent/work.ts';
import { call, tokenOf } from './call.ts';
import { aMachine, expecting } from './fake-machines.ts';
import { startRack, type TestRack } from './rack.ts';

const mac = '52:54:00:00:00:01';
const signal = AbortSignal.timeout(60_000);

let rack: TestRack;
let said: string[];

beforeEach(async () => {
  rack = await startRack();
  said = [];
  const kernelDigest = await rack.addImage(Buffer.from('kernel'));
  const initrdDigest = await rack.addImage(Buffer.from('initrd'));
  await Promise.all([rack.images.ensure(kernelDigest), rack.images.ensure(initrdDigest)]);
  rack.machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: [] };
  rack.dhcp(mac, '127.0.0.1');
});

afterEach(() => rack.stop());

function agent() {
  const console: Console = { say: (message: string) => void said.push(message) };
  const client = createRackClient({
    ...{ rack: rack.base, send: createHttpSender(), timing: systemTiming },
    nonce: () => randomBytes(32).toString('base64url'),
    onSilence: (message) => void said.push(message),
  });
  return { client, console };
}

async function boot() {
  const { text } = await call(`${rack.base}/boot/52-54-00-00-00-01.ipxe`);
  const parts = agent();
  const session = await parts.client.openSession(tokenOf(text)!, { macAddresses: [mac] }, signal);
  if ('refused' in session) throw new Error(session.refused);
  return { session, ...parts };
}

const none: TaskHandlers = {
  inventory: () => Promise.reject(new Error('not expected')),
  install: () => Promise.reject(new Error('not expected')),
  erase: () => Promise.reject(new Error('not expected')),
  test: () => Promise.reject(new Error('not expected')),
  rescue: () => Promise.reject(new Error('not expected')),
};

it('the agent installs what the rack hands it, byte for byte, and restarts', async () => {
  const bytes = randomBytes(3 * 1024 * 1024);
  const digest = await rack.addImage(bytes);
  rack.machines.disks.set('debian-12', {
    ...{ os: 'debian', release: '12', digest, sizeBytes: bytes.length, format: 'Raw' },
  });
  rack.machines.seeds.set('seed-of-it', { metaData: 'm', userData: 'u', vendorData: 'v' });
  rack.machines.machines.set('node-1', aMachine('node-1', mac, expecting('Install')));
  const { session, client, console } = await boot();
  const ending = await work(session, {
    ...{ client, console, timing: systemTiming, idle: { signal, busy: (act) => act() } },
    handlers: {
      ...none,
      async install(task, context) {
        context.report('Write', 'writing', 10);
        const hash = createHash('sha256');
        const { path, sizeBytes, sha256 } = task.image;
        const request = { url: rack.base + path, sessionKey: context.sessionKey, sizeBytes, signal };
        const deps = { open: openDownload, timing: systemTiming, onBreak: () => {} };
        for await (const chunk of fetchImage(request, deps)) hash.update(chunk);
        expect(hash.digest('hex')).toBe(sha256);
        expect(task.seed).toMatchObject({ metaData: 'm', userData: 'u', vendorData: 'v' });
        return { message: 'installed' };
      },
    },
  });
  expect([ending, said.filter((line) => line.includes('FAILED'))]).toEqual(['Reboot', []]);
  expect(rack.machines.recorded.tasks.at(0)).toMatchObject({
    outcome: 'Running',
    step: 'Write',
    percent: 10,
  });
  expect(rack.machines.recorded.tasks.at(-1)).toMatchObject({ outcome: 'Succeeded', message: 'installed' });
  expect(rack.machines.recorded.tasks.at(-1)?.steps?.map(({ step }) => step)).toEqual(['Write']);
  expect(rack.machines.recorded.boots.map(({ stage }) => stage).slice(-2)).toEqual(['Agent', 'Restarting']);
});

it('the agent lives through a rack that cannot store its result at first', async () => {
  rack.machines.machines.set('node-1', aMachine('node-1', mac, expecting('Erase')));
  const { session, client, console } = await boot();
  const ended = work(session, {
    ...{ client, console, timing: systemTiming, idle: { signal, busy: (act) => act() } },
    handlers: {
      ...none,
      async erase() {
        rack.machines.broken = true;
        return { message: 'clean' };
      },
    },
  });
  await expect.poll(() => rack.log().includes('a result was not stored')).toBe(true);
  rack.machines.broken = false;
  expect(await ended).toBe('PowerOff');
  expect(rack.machines.recorded.tasks.filter(({ outcome }) => outcome === 'Succeeded')).toHaveLength(1);
});

it('the agent drops a task that the operator has taken back, and switches the machine off', async () => {
  rack.machines.machines.set('node-1', aMachine('node-1', mac, expecting('Erase')));
  const { session, client, console } = await boot();
  const ending = await work(session, {
    ...{ client, console, timing: systemTiming, idle: { signal, busy: (act) => act() } },
    handlers: {
      ...none,
      async erase(_task, context) {
        rack.machines.setStatus('node-1', expecting('Inventory', 8));
        context.report('Erase', 'erasing', 1);
        await new Promise((_, reject) =>
          context.signal.addEventListener('abort', () => reject(new Error('dropped'))),
        );
        return { message: 'never' };
      },
    },
  });
  expect(ending).toBe('PowerOff');
  expect(rack.machines.recorded.tasks).toEqual([]);
});

it('tests that failed are stored with their names before the task has ended', async () => {
  const status = expecting('Test');
  const task = { ...status.task!, tests: ['cpu', 'memory'] };
  rack.machines.machines.set('node-1', aMachine('node-1', mac, { ...status, task }));
  const { session, client, console } = await boot();
  const ending = await work(session, {
    ...{ client, console, timing: systemTiming, idle: { signal, busy: (act) => act() } },
    handlers: {
      ...none,
      async test({ tests = [] }) {
        return {
          ...{ outcome: 'Failed', reason: 'TestFailed', message: 'cpu: expected 4, saw 5' },
          tests: tests.map((name) => ({ name, outcome: 'Failed', seconds: 1, message: 'no' })),
        };
      },
    },
  });
  expect(ending).toBe('PowerOff');
  expect(rack.machines.recorded.tests.map(({ name }) => name)).toEqual(['cpu', 'memory']);
  expect(rack.machines.recorded.tasks.at(-1)).toMatchObject({ outcome: 'Failed', reason: 'TestFailed' });
});

it('a machine that people look at stays on when its task has ended, until the operator wants something else', async () => {
  const status = expecting('Inventory');
  const task = { ...status.task!, enableSsh: true, sshKeys: ['ssh-ed25519 AAAA me'] };
  rack.machines.machines.set('node-1', aMachine('node-1', mac, { ...status, task }));
  const { session, client } = await boot();
  const given = await client.nextTask(session.sessionKey, signal);
  expect(given).toMatchObject({ kind: 'Inventory', sshKeys: ['ssh-ed25519 AAAA me'] });
  const failed = { outcome: 'Failed', reason: 'InventoryFailed', message: 'no' } as const;
  for (let attempt = 0; attempt < 2; attempt += 1)
    expect(await client.putResult(session.sessionKey, task.id, failed, signal)).toBeUndefined();
  expect(rack.machines.recorded.tasks).toHaveLength(1);
  expect(await client.nextTask(session.sessionKey, signal)).toBeUndefined();
  rack.machines.setStatus('node-1', expecting('Inventory', 8));
  expect(await client.nextTask(session.sessionKey, signal)).toHaveProperty('refused');
});

it('a rescue goes on while it is wanted, and ends when it no longer is', async () => {
  const status = expecting('Rescue');
  const task = { ...status.task!, sshKeys: ['ssh-ed25519 AAAA me'] };
  rack.machines.machines.set('node-1', aMachine('node-1', mac, { ...status, task }));
  const { session, client, console } = await boot();
  const ending = await work(session, {
    ...{ client, console, timing: systemTiming, idle: { signal, busy: (act) => act() } },
    handlers: {
      ...none,
      async rescue({ sshKeys }, context) {
        context.report('Rescue', `open for ${sshKeys.length}`);
        await expect.poll(() => rack.machines.recorded.tasks.at(-1)?.message).toBe('open for 1');
        rack.machines.setStatus('node-1', expecting('Rescue', 8));
        context.report('Rescue', 'still open');
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
        return { message: 'over' };
      },
    },
  });
  expect(ending).toBe('PowerOff');
  expect(rack.machines.recorded.tasks.every(({ outcome }) => outcome === 'Running')).toBe(true);
});
