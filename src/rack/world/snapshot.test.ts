import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aBootImage, aMachine, aRack, aSubnet, aVlan } from '../../../test/fixtures/objects.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient } from '../../kube/memory-client.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { silentLogger } from '../../log/logger.ts';
import { createSnapshotKeeper, loadSnapshot, writeSnapshot } from './snapshot-file.ts';
import { footerLine, parseSnapshot } from './snapshot-format.ts';
import { awaitWorld } from './start-world.ts';
import { createWorld } from './world.ts';
import { emptyWorld, type WorldObjects } from './world-objects.ts';

const clock = { now: () => Date.parse('2026-01-01T00:00:00Z') };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'metalwright-snapshot-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'world.jsonl');
}

const machine = aMachine({
  name: 'm1',
  metadata: { labels: { a: 'b' }, annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x' } },
  spec: {
    macAddresses: ['52:54:00:00:00:01'],
    bmc: { driver: 'ipmi', address: '10.0.0.9', credentialsSecret: 'm1-bmc' },
  },
  status: { boot: { generation: 3, target: 'Disk' } },
});
const world: WorldObjects = {
  ...emptyWorld(),
  machines: [machine],
  subnets: [aSubnet({ name: 's1' })],
  vlans: [aVlan({ name: 'v1' })],
  racks: [aRack({ name: 'r1' })],
  images: [aBootImage({ name: 'i1' })],
};

async function written(path: string, objects = world): Promise<string> {
  await writeSnapshot(path, objects, clock);
  return readFileSync(path, 'utf8');
}

describe('a snapshot of the world', () => {
  it('brings every kind of object back as it was, without the version it had', async () => {
    const path = file();
    await written(path);
    const loaded = await loadSnapshot(path, silentLogger);
    if (loaded.kind !== 'Loaded') throw new Error(loaded.kind);
    const { objects, savedAt, unreadable } = loaded.snapshot;
    expect({ savedAt, unreadable }).toEqual({ savedAt: clock.now(), unreadable: [] });
    expect(objects.machines[0]).toMatchObject({
      metadata: { name: 'm1', labels: { a: 'b' } },
      status: machine.status,
    });
    expect(objects.machines[0]?.metadata.resourceVersion).toBeUndefined();
    const names = Object.values(objects).map((list: readonly KubeObject[]) =>
      list.map(({ metadata }) => metadata.name).join(),
    );
    expect(names).toEqual(['m1', '', 's1', 'v1', 'i1', 'r1']);
  });

  it('is readable for its owner alone', async () => {
    const path = file();
    await written(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('holds nothing that opens a BMC or a web server, and no annotations', async () => {
    const image = aBootImage({ name: 'i1' });
    image.spec.artifacts = [
      { role: 'Kernel', source: { http: { url: 'https://u:geheim@h.example/k?sig=geheim' } }, format: 'Raw' },
    ];
    const text = await written(file(), { ...world, images: [image] });
    expect(text).not.toMatch(/m1-bmc|geheim|last-applied|10\.0\.0\.9/);
    expect(text).toContain('https://h.example/k');
  });

  it.each([
    ['cut off at its end', (text: string) => text.slice(0, -1), 'the end is missing'],
    ['cut off in the middle', (text: string) => text.slice(0, text.length / 2), 'the end is missing'],
    [
      'without its last line',
      (text: string) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`,
      'the end is missing',
    ],
    ['changed', (text: string) => text.replace('"s1"', '"s2"'), 'the checksum does not match'],
    ['empty', () => '', 'the end is missing'],
    ['of another version', (text: string) => sealed(text.replace('"version":1', '"version":2')), 'version 2'],
    ['of something else', (text: string) => sealed(text.replace('metalwright-world', 'x')), 'not a snapshot'],
  ])('that is %s is put aside and its problem named', async (_sentence, damage, problem) => {
    const path = file();
    writeFileSync(path, damage(await written(path)));
    const loaded = await loadSnapshot(path, silentLogger);
    expect(loaded).toMatchObject({ kind: 'Damaged', path: `${path}.damaged` });
    expect(loaded.kind === 'Damaged' && loaded.problem).toContain(problem);
    expect([existsSync(path), existsSync(`${path}.damaged`)]).toEqual([false, true]);
    expect(await loadSnapshot(path, silentLogger)).toEqual({ kind: 'None' });
  });

  it('is believed whole or not at all, whichever byte of it changed', async () => {
    const bytes = Buffer.from(await written(file()));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        expect(() => parseSnapshot(damaged.toString('latin1'))).toThrow(DecodeError);
      }),
    );
  });

  it('leaves out what this version does not understand, and fills in what it has no value for', async () => {
    const text = (await written(file()))
      .replace('"kind":"VLAN"', '"kind":"Later"')
      .replace('"zone":"default",', '');
    const { objects, unreadable } = parseSnapshot(sealed(text));
    expect(unreadable).toEqual(['Later/v1']);
    expect(objects.machines[0]?.spec.zone).toBe('default');
  });
});

/** The text with a checksum that is right again. */
function sealed(text: string): string {
  const lines = text.trimEnd().split('\n').slice(0, -1);
  const body = `${lines.join('\n')}\n`;
  return `${body}${footerLine(lines.length - 1, createHash('sha256').update(body).digest('hex'))}`;
}

describe('the keeper of the snapshot', () => {
  it('writes after a change, and once for many', async () => {
    const path = file();
    let asked = 0;
    const objects = (): WorldObjects => {
      asked += 1;
      return world;
    };
    const keeper = createSnapshotKeeper({ path, objects, clock, log: silentLogger, intervalMs: 20 });
    ends.push(() => keeper.stop());
    for (let change = 0; change < 50; change += 1) keeper.changed();
    expect(existsSync(path)).toBe(false);
    await vi.waitFor(() => expect(keeper.state()).toEqual({ writtenAt: clock.now(), problem: undefined }));
    expect(asked).toBe(1);
  });

  it('writes what is left when it is stopped, and nothing when nothing changed', async () => {
    const path = file();
    const keeper = createSnapshotKeeper({ path, objects: () => world, clock, log: silentLogger });
    await keeper.stop();
    expect(existsSync(path)).toBe(false);
    keeper.changed();
    await keeper.stop();
    expect((await loadSnapshot(path, silentLogger)).kind).toBe('Loaded');
  });

  it('names what keeps it from writing, and tries again', async () => {
    const path = join(file(), 'is-a-file', 'world.jsonl');
    writeFileSync(join(path, '../..'), '');
    const keeper = createSnapshotKeeper({
      path,
      objects: () => world,
      clock,
      log: silentLogger,
      intervalMs: 5,
    });
    ends.push(() => keeper.stop());
    keeper.changed();
    await vi.waitFor(() => expect(keeper.state().problem).toContain('ENOTDIR'));
    rmSync(join(path, '../..'));
    await vi.waitFor(() => expect(keeper.state().problem).toBeUndefined());
  });
});

describe('the world at the start', () => {
  it('is the snapshot until the API server answers, and the API server from then on', async () => {
    const client = createMemoryClient();
    const kept = await client.create(machineKind, aMachine({ name: 'kept', spec: { tags: ['new'] } }));
    const away = { list: () => Promise.reject(kubeError('Unavailable', 'a test')), watch: client.watch };
    let reachable = false;
    const access = {
      list: (...args: Parameters<typeof client.list>) => (reachable ? client.list(...args) : away.list()),
      watch: client.watch,
    };
    const old = {
      ...kept,
      spec: { ...kept.spec, tags: ['old'] },
      metadata: { ...kept.metadata, resourceVersion: undefined },
    };
    const initial = { ...emptyWorld(), machines: [old, aMachine({ name: 'gone' })] };
    const started = createWorld(access as typeof client, silentLogger, initial);
    ends.push(() => started.stop());
    started.start();
    const snapshot = { savedAt: 0, objects: initial, unreadable: [] };
    await awaitWorld(started, { kind: 'Loaded', snapshot }, { clock, log: silentLogger, waitMs: 10 });
    expect(started.hasSynced()).toBe(false);
    expect(started.machines.list().map(({ metadata }) => metadata.name)).toEqual(['kept', 'gone']);
    reachable = true;
    await started.synced();
    expect(started.machines.list().map(({ metadata }) => metadata.name)).toEqual(['kept']);
    expect(started.machines.get('kept')?.spec.tags).toEqual(['new']);
  });
});
