import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentTask, AgentTaskResult, TaskEvent } from '../api/agent/schema.ts';
import { erase } from './erase/erase.ts';
import type { BlockDevice } from './host/block-device.ts';
import type { Files } from './host/files.ts';
import type { RunProgram } from './host/programs.ts';
import { headBytes } from './install/image-writer.ts';
import { install } from './install/install.ts';
import { createRackClient } from './rack/client.ts';
import type { OpenDownload, SendHttp } from './rack/http.ts';
import { createLife, type Fate, type Life } from './testing/mortal.ts';
import { createVolatileDisk } from './testing/volatile-disk.ts';
import { runTests } from './tests/run-tests.ts';
import { passed, type TestDeps } from './tests/types.ts';
import { type Ending, type TaskHandlers, work } from './work.ts';

const mebibyte = 1024 * 1024;
/** More than one chunk of the writer, and small: the disk is compared at every step. */
const image = randomBytes(4 * mebibyte + 512);
const sha256 = createHash('sha256').update(image).digest('hex');
const session = { sessionKey: 'k', machine: 'm', generation: 1, pollSeconds: 0.2 };

const tasks = {
  Install: {
    ...{ id: 't', kind: 'Install', rootDisk: {}, osName: 'tiny 1' },
    image: { path: '/images/x', sha256, sizeBytes: image.length, format: 'Raw' },
    seed: { metaData: 'instance-id: i-1\n', userData: 'u', vendorData: '' },
  },
  Erase: { id: 't', kind: 'Erase', mode: 'Full' },
  Test: { id: 't', kind: 'Test', tests: ['one', 'two'] },
} as const satisfies Record<string, AgentTask>;

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'resilience-'));
});
afterAll(() => rmSync(base, { recursive: true }));

/** One machine and one rack, which outlive each agent. */
function createWorld(task: AgentTask) {
  const diskBytes = task.kind === 'Install' ? 6 * mebibyte : mebibyte;
  const disk = createVolatileDisk(diskBytes);
  const mounted = new Set<string>();
  const events: TaskEvent[] = [];
  const results: AgentTaskResult[] = [];
  const violations: string[] = [];

  const send: SendHttp = async ({ method, url, body }) => {
    const path = new URL(url).pathname.replace('/agent/v1', '');
    const last = results[0];
    if (path === '/task' && last !== undefined) {
      const kind = task.kind === 'Install' && last.outcome === 'Succeeded' ? 'Reboot' : 'PowerOff';
      return { status: 200, body: { id: 'end', kind } };
    }
    if (path === '/task') return { status: 200, body: task };
    if (path === '/tasks/t/events') events.push(structuredClone(body) as TaskEvent);
    if (method === 'PUT' && path === '/tasks/t/result')
      results.push(structuredClone(body) as AgentTaskResult);
    return { status: 204, body: undefined };
  };

  const openDownload: OpenDownload = async (_call, offset) => ({
    ...{ status: 206, from: offset },
    body: (async function* () {
      for (let at = offset; at < image.length; at += mebibyte) yield image.subarray(at, at + mebibyte);
    })(),
  });

  const run: RunProgram = async (program, args) => {
    const answer = (stdout: string, status = 0) => ({ status, stdout, stderr: '' });
    const folder = args.at(-1) ?? '';
    if (program === 'sfdisk') return answer('', 1);
    if (program === 'blkid') return answer('ext4');
    if (program === 'mkdir') mkdirSync(folder, { recursive: true });
    if (program === 'umount') mounted.delete(folder);
    if (program === 'mount') {
      mounted.add(folder);
      mkdirSync(join(folder, 'etc'), { recursive: true });
      writeFileSync(join(folder, 'etc/os-release'), 'PRETTY_NAME="Tiny 1"\n');
    }
    return answer('');
  };

  const texts = (path: string): string | undefined => {
    if (path === '/sys/block/sda/size') return String(diskBytes / 512);
    if (path === '/proc/mounts')
      return [...mounted].map((folder) => `/dev/sda ${folder} ext4 rw 0 0`).join('\n');
    return undefined;
  };
  const files: Files = {
    readText: async (path) => texts(path),
    readBytes: async () => undefined,
    list: async (path) => (path === '/sys/block' ? ['sda'] : []),
    resolve: async () => undefined,
  };

  /** The disk through the eyes of one agent: nothing else may use it meanwhile. */
  const openDevice = (life: Life): BlockDevice => {
    const device = disk.open();
    const alone = <T>(act: () => Promise<T>): Promise<T> => {
      if (mounted.size > 0) violations.push(`written while ${[...mounted].join()} is mounted`);
      return life.effect('Machine', act);
    };
    return {
      ...device,
      write: (position, bytes) => alone(() => device.write(position, bytes)),
      zero: (position, length) => alone(() => device.zero(position, length)),
      sync: () => life.effect('Machine', device.sync),
    };
  };

  return { disk, mounted, events, results, violations, send, openDownload, run, files, openDevice };
}

type World = ReturnType<typeof createWorld>;

/** An agent from its start to its end in that world, or to its death. */
async function live(world: World, fate?: Fate): Promise<{ life: Life; ending: Ending | 'Killed' }> {
  const life = createLife(fate);
  const run: RunProgram = (...call) => life.effect('Machine', () => world.run(...call));
  const openDownload: OpenDownload = async (...call) => {
    const download = await life.effect('Network', () => world.openDownload(...call));
    const chunks = download.body[Symbol.asyncIterator]();
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        const next = await life.effect('Network', () => chunks.next());
        if (next.done === true) return;
        yield next.value;
      }
    };
    return { ...download, body: body() };
  };
  const shared = { files: world.files, run, timing: life.timing, mountBase: base };
  const openDevice = async (): Promise<BlockDevice> => world.openDevice(life);
  const never = (): Promise<never> => Promise.reject(new Error('not in this test'));
  const handlers: TaskHandlers = {
    inventory: never,
    rescue: never,
    install: (task, context) =>
      install(task, context, { ...shared, rack: 'http://rack', openDevice, openDownload }),
    erase: (task, context) => erase(task, context, { ...shared, openDevice, random: () => 0.5 }),
    test(task, context) {
      const deps: TestDeps = { ...shared, openDisk: never, check: never, askRack: never };
      const look = async ({ run: start }: TestDeps) => passed((await start('look', [])).stdout);
      return runTests(task, context, deps, { one: look, two: look });
    },
  };
  const client = createRackClient({
    ...{ rack: 'http://rack', timing: life.timing, nonce: () => 'n', onSilence() {} },
    send: (call) => life.effect('Network', () => world.send(call)),
  });
  const ended = work(session, {
    ...{ client, console: { say() {} }, timing: life.timing, handlers },
    idle: { signal: new AbortController().signal, busy: (act) => act() },
  });
  const ending = await Promise.race([ended, life.killed.then(() => 'Killed' as const)]);
  return { life, ending };
}

/** True when a machine would start what is on this disk. */
function boots(content: Buffer): boolean {
  const head = content.subarray(0, headBytes);
  return !isZero(head) && !head.equals(oldHead);
}

const oldHead = Buffer.alloc(headBytes, 0xaa);
const isZero = (content: Buffer): boolean => content.equals(Buffer.alloc(content.length));
const holdsImage = (content: Buffer): boolean => content.subarray(0, image.length).equals(image);

/** What must hold at any moment, also when the power goes. */
function check(kind: keyof typeof tasks, { disk, results, violations }: World): void {
  expect(violations).toEqual([]);
  const said = results.map(({ outcome }) => outcome);
  for (const content of disk.afterPowerCut()) {
    if (kind === 'Install' && boots(content)) expect(holdsImage(content)).toBe(true);
    if (kind === 'Install' && said.includes('Succeeded')) expect(holdsImage(content)).toBe(true);
    if (kind === 'Erase' && said.includes('Succeeded')) expect(isZero(content)).toBe(true);
  }
}

/** What must be there in the end. */
function checkEnd(kind: keyof typeof tasks, world: World, ending: Ending | 'Killed'): void {
  check(kind, world);
  expect(ending).toBe(kind === 'Install' ? 'Reboot' : 'PowerOff');
  expect(new Set(world.results.map(({ outcome }) => outcome))).toEqual(new Set(['Succeeded']));
  expect([...world.mounted]).toEqual([]);
  if (kind === 'Install')
    expect(readFileSync(join(base, 'mount-sda/var/lib/cloud/seed/nocloud/meta-data'), 'utf8')).toBe(
      'instance-id: i-1\n',
    );
  if (kind === 'Test') expect(world.results[0]?.tests?.map(({ name }) => name)).toEqual(['one', 'two']);
}

describe.each(Object.keys(tasks) as (keyof typeof tasks)[])('the task %s', (kind) => {
  it.each<Fate['how']>(['KilledBefore', 'KilledAfter', 'Cut'])(
    'is done in the end, and the disk is never half of anything, whatever step meets: %s',
    async (how) => {
      let met = 0;
      for (let at = 1; ; at += 1) {
        const world = createWorld(tasks[kind]);
        const { life, ending } = await live(world, { at, how });
        if (ending !== 'Killed') {
          checkEnd(kind, world, ending);
          if (at > life.effects()) break;
          continue;
        }
        met += 1;
        check(kind, world);
        const second = await live(world);
        checkEnd(kind, world, second.ending);
      }
      // Each effect was met, not one of them.
      if (how !== 'Cut') expect(met).toBeGreaterThan({ Install: 30, Erase: 11, Test: 8 }[kind]);
    },
    180_000,
  );

  it('is done though the agent dies three times, at each step that it comes to', async () => {
    for (let at = 1, ending: Ending | 'Killed' = 'Killed'; ending === 'Killed'; at += 1) {
      const world = createWorld(tasks[kind]);
      ending = (await live(world, { at, how: 'KilledAfter' })).ending;
      for (const death of [at + 1, at + 2]) await live(world, { at: death, how: 'KilledAfter' });
      checkEnd(kind, world, (await live(world)).ending);
    }
  }, 180_000);
});

describe('a disk that is dying', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'is named, and does not boot, when its write %i fails',
    async (nth) => {
      const world = createWorld(tasks.Install);
      let count = 0;
      const open = world.openDevice;
      world.openDevice = (life) => {
        const device = open(life);
        const failing =
          <A extends unknown[]>(act: (...args: A) => Promise<void>) =>
          async (...args: A): Promise<void> => {
            count += 1;
            if (count === nth) throw new Error('EIO: i/o error');
            return act(...args);
          };
        return {
          ...device,
          write: failing(device.write),
          zero: failing(device.zero),
          sync: failing(device.sync),
        };
      };
      const { ending } = await live(world);
      if (count < nth) return expect(world.results[0]?.outcome).toBe('Succeeded');
      expect(ending).toBe('PowerOff');
      expect(world.results[0]).toMatchObject({ outcome: 'Failed', reason: 'DiskWriteFailed' });
      for (const content of world.disk.afterPowerCut())
        if (boots(content)) expect(holdsImage(content)).toBe(true);
    },
  );
});
