import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BootImage, bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { createBootImageController } from '../../../src/controllers/boot-image/controller.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createImageHolder } from '../../../src/rack/reports/held-images.ts';
import { createWorld } from '../../../src/rack/world/world.ts';
import { startTestOperator, type TestOperator } from '../../fixtures/controllers.ts';
import { operatorNamespace, type Setting, startSetting } from '../controllers/setting.ts';
import { readyOf } from './network-operator.ts';

type Source = BootImage['spec']['artifacts'][number]['source'];

const patient = { timeout: 60_000, interval: 200 };
const content = Buffer.alloc(4 * 1024 * 1024, 'disk');
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

describe('importing images on a real API server', () => {
  let setting: Setting;
  let client: KubeClient;
  let directory: string;
  let server: Server | undefined;
  const running: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    setting = await startSetting();
    client = setting.client;
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'metalwright-images-')));
    writeFileSync(join(directory, 'disk.raw'), content);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    for (const { metadata } of (await client.list(bootImageKind)).items)
      await client.delete(bootImageKind, metadata.name);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await setting.stop();
  });

  async function operator(stallMs = 30_000): Promise<TestOperator> {
    const started = await startTestOperator(client, operatorNamespace);
    running.push(started);
    const deps = {
      ...started.deps,
      clock: systemClock,
      imageDirectories: [directory],
      retryMs: 200,
      stallMs,
    };
    started.run(createBootImageController(deps));
    return started;
  }
  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/disk.raw`;
  }
  const spec = (source: Source, pinned?: string): BootImage['spec'] => ({
    os: 'debian',
    release: '12',
    architecture: 'amd64',
    purpose: 'Disk',
    artifacts: [{ role: 'Disk', format: 'Raw', source, ...(pinned === undefined ? {} : { digest: pinned }) }],
  });
  const create = (source: Source, pinned?: string) =>
    client.create(bootImageKind, { metadata: { name: 'debian' }, spec: spec(source, pinned) });
  const current = () => client.get(bootImageKind, 'debian');
  const ready = async () => readyOf(await current());
  const inDirectory = (): Source => ({ file: { path: join(directory, 'disk.raw') } });

  it('takes a file and pins its digest', async () => {
    await operator();
    await create(inDirectory());
    await expect.poll(ready, patient).toBe('True Imported');
    expect((await current())?.status).toMatchObject({
      observedGeneration: 1,
      artifacts: [{ role: 'Disk', digest, sizeBytes: content.length, rawSizeBytes: content.length }],
      progress: { percent: 100 },
    });
  });

  it('takes an image from a web server, and says how far it is', async () => {
    const rest: (() => void)[] = [];
    const url = await serve((_request, response) => {
      response.setHeader('content-length', content.length);
      response.write(content.subarray(0, content.length / 2));
      rest.push(() => response.end(content.subarray(content.length / 2)));
    });
    const { deps } = await operator();
    const percents: number[] = [];
    deps.informers.images.onChange(({ object: { status } }) => {
      if (status?.progress?.percent !== undefined) percents.push(status.progress.percent);
    });
    await create({ http: { url } });
    await expect.poll(ready, patient).toBe('Unknown Importing');
    await expect.poll(() => rest.length, patient).toBe(1);
    // The progress is written every few seconds, when bytes come.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    rest[0]?.();
    await expect.poll(ready, patient).toBe('True Imported');
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.length).toBeGreaterThan(1);
  });

  it('waits for a person when the digest is another, and takes the mended one', async () => {
    await operator();
    await create(inDirectory(), `sha256:${'0'.repeat(64)}`);
    await expect.poll(ready, patient).toBe('False DigestMismatch');
    expect((await current())?.status?.conditions?.find(({ type }) => type === 'Stalled')?.status).toBe(
      'True',
    );
    await client.patch(bootImageKind, 'debian', { spec: spec(inDirectory(), digest) });
    await expect.poll(ready, patient).toBe('True Imported');
    expect((await current())?.status?.observedGeneration).toBe(2);
  });

  it.each<[string, () => string, string]>([
    ['a file elsewhere', () => '/etc/passwd', 'False SourceNotAllowed'],
    ['a device', () => '/dev/zero', 'False SourceNotAllowed'],
    [
      'a pipe',
      () => {
        execFileSync('mkfifo', [join(directory, 'pipe')]);
        return join(directory, 'pipe');
      },
      'False SourceNotAllowed',
    ],
    ['a file that does not exist', () => join(directory, 'missing'), 'False SourceNotFound'],
  ])('refuses %s', async (_sentence, path, expected) => {
    await operator();
    await create({ file: { path: path() } });
    await expect.poll(ready, patient).toBe(expected);
  });

  it('tries again when the transfer breaks off or stalls', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.setHeader('content-length', content.length);
      if (requests === 1) response.write(content.subarray(0, 1_000_000), () => response.destroy());
      else if (requests === 2) response.write(content.subarray(0, 1_000_000));
      else response.end(content);
    });
    const { events } = await operator(500);
    await create({ http: { url } });
    await expect.poll(ready, patient).toBe('True Imported');
    expect(requests).toBe(3);
    expect(events).toEqual(['BootImage/debian Warning SourceFailed', 'BootImage/debian Normal Imported']);
  });

  it('never leaves a stale Ready: every state that is seen fits its generation', async () => {
    const { informers } = await operator();
    const wrong: string[] = [];
    informers.images.onChange(({ object: { metadata, spec: wanted, status } }) => {
      if (
        status?.observedGeneration !== metadata.generation ||
        readyOf({ ...ofKind, status }) !== 'True Imported'
      )
        return;
      const [artifact] = wanted.artifacts;
      if (artifact?.digest !== undefined && artifact.digest !== status?.artifacts?.[0]?.digest)
        wrong.push(JSON.stringify(status));
    });
    await create(inDirectory(), digest);
    await expect.poll(ready, patient).toBe('True Imported');
    for (const pinned of ['1', '2', '3'])
      await client.patch(bootImageKind, 'debian', {
        spec: spec(inDirectory(), `sha256:${pinned.repeat(64)}`),
      });
    await expect.poll(ready, patient).toBe('False DigestMismatch');
    await client.patch(bootImageKind, 'debian', { spec: spec(inDirectory(), digest) });
    await expect.poll(ready, patient).toBe('True Imported');
    expect(wrong).toEqual([]);
  });
  const ofKind = { apiVersion: 'metalwright.dev/v1alpha1', kind: 'BootImage', metadata: { name: 'debian' } };

  it('names every rack that holds it, each by itself, and is quiet afterwards', async () => {
    await operator();
    const world = createWorld(client, silentLogger);
    world.start();
    await world.synced();
    running.push(world);
    for (const rackName of ['rack-1', 'rack-2']) {
      const held = new Set<string>();
      const holder = createImageHolder({
        client,
        world,
        cache: {
          has: (wanted) => held.has(wanted),
          ensure: async (wanted) => void held.add(wanted),
          onChange: () => () => undefined,
        },
        rackName,
        clock: systemClock,
        log: silentLogger,
      });
      holder.start();
      running.push(holder);
    }
    await create(inDirectory());
    const racks = async () => (await current())?.status?.racks?.map(({ name }) => name).sort();
    await expect.poll(racks, patient).toEqual(['rack-1', 'rack-2']);
    const settled = await current();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect((await current())?.metadata.resourceVersion).toBe(settled?.metadata.resourceVersion);
    expect(await ready()).toBe('True Imported');
  });
});
