import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import { aBootImage } from '../../../test/fixtures/objects.ts';
import { type BootImage, bootImageKind } from '../../api/boot-image/schema.ts';
import { findCondition } from '../../api/conditions.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { createBootImageController, isImported, keptArtifacts, retryAfter } from './controller.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const minute = 60_000;

describe('when a failed import is tried again', () => {
  it.each([
    ['soon after the first failure', 'SourceFailed' as const, 1, 15_000],
    ['later after the second', 'SourceFailed' as const, 2, 30_000],
    ['never later than in 10 minutes', 'SourceFailed' as const, 500, 10 * minute],
    ['soon for a file that is not there yet', 'SourceNotFound' as const, 1, 15_000],
    ['late where the same file would be read again', 'DigestMismatch' as const, 1, 10 * minute],
  ])('%s', (_sentence, code, failures, expected) => {
    expect(retryAfter(code, failures, 15_000)).toBe(expected);
  });
});

describe('what of earlier imports stays usable', () => {
  const status = { artifacts: [{ role: 'Disk' as const, digest: digest('a'), sizeBytes: 1 }] };
  const source = { file: { path: '/images/x' } };
  it.each<[string, BootImage['spec']['artifacts'], number]>([
    ['everything that the spec does not pin', [{ role: 'Disk', source, format: 'Raw' }], 1],
    [
      'what the spec pins to the same digest',
      [{ role: 'Disk', source, format: 'Raw', digest: digest('a') }],
      1,
    ],
    [
      'nothing that the spec pins to another digest',
      [{ role: 'Disk', source, format: 'Raw', digest: digest('b') }],
      0,
    ],
    ['nothing that the spec does not name', [{ role: 'Kernel', source, format: 'Raw' }], 0],
  ])('%s', (_sentence, artifacts, expected) => {
    expect(keptArtifacts(aBootImage({ spec: { artifacts }, status }))).toHaveLength(expected);
  });
});

describe('the boot image controller', () => {
  let client: MemoryClient;
  let operator: TestOperator;
  let directory: string;
  let server: Server | undefined;
  /** What was written into the status, in order. */
  let history: BootImage['status'][];

  beforeEach(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'metalwright-image-')));
    client = createMemoryClient();
    history = [];
    operator = await startTestOperator(client, 'metalwright-system');
    operator.informers.images.onChange(({ object: { status } }) => {
      if (status !== undefined && !isDeepStrictEqual(status, history.at(-1))) history.push(status);
    });
  });
  afterEach(async () => {
    await operator.stop();
    server?.closeAllConnections();
    server?.close();
    await rm(directory, { recursive: true });
  });

  function run(retryMs = 10): void {
    const deps = { ...operator.deps, imageDirectories: [directory], retryMs, stallMs: 5_000 };
    operator.run(createBootImageController(deps));
  }

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  /** Sends the beginning and then nothing. */
  async function serveForEver() {
    const seen = { asked: false, ended: false };
    const url = await serve((request, response) => {
      seen.asked = true;
      response.write('con');
      request.socket.once('close', () => {
        seen.ended = true;
      });
    });
    return { url, seen };
  }

  async function create(
    source: BootImage['spec']['artifacts'][number]['source'],
    pinned?: string,
  ): Promise<void> {
    const artifact = { role: 'Disk' as const, format: 'Raw' as const, source };
    const artifacts = [pinned === undefined ? artifact : { ...artifact, digest: pinned }];
    await client.create(bootImageKind, aBootImage({ name: 'debian', spec: { artifacts } }));
  }

  const current = async (): Promise<BootImage> => {
    const image = await client.get(bootImageKind, 'debian');
    if (image === undefined) throw new Error('there is no image');
    return image;
  };
  const ready = (status: BootImage['status']) => findCondition(status?.conditions, 'Ready');
  const untilReady = async (reason: string): Promise<BootImage> => {
    await expect.poll(async () => ready((await current()).status)?.reason, { timeout: 10_000 }).toBe(reason);
    return await current();
  };
  const summaries = () =>
    history.map((status) =>
      [
        ...['Ready', 'Reconciling', 'Stalled'].map((type) => findCondition(status?.conditions, type)?.status),
        ready(status)?.reason,
      ].join(' '),
    );

  it('says Unknown first, and Ready when all is read', async () => {
    await writeFile(join(directory, 'disk'), 'content');
    await create({ file: { path: join(directory, 'disk') } });
    run();
    const image = await untilReady('Imported');
    expect(isImported(image)).toBe(true);
    expect(image.status).toMatchObject({
      observedGeneration: 1,
      artifacts: [{ role: 'Disk', sizeBytes: 7, rawSizeBytes: 7 }],
      progress: { bytes: 7, totalBytes: 7, percent: 100 },
      importedAt: '2026-01-01T00:00:00.000Z',
    });
    expect(summaries()).toEqual(['Unknown True False Importing', 'True False False Imported']);
    expect(operator.events).toEqual(['BootImage/debian Normal Imported']);
  });

  it('waits for a person where only one can help, and goes on when the spec was mended', async () => {
    await writeFile(join(directory, 'disk'), 'content');
    await create({ file: { path: '/etc/shadow' } });
    run();
    await untilReady('SourceNotAllowed');
    await client.patch(bootImageKind, 'debian', {
      spec: {
        artifacts: [{ role: 'Disk', format: 'Raw', source: { file: { path: join(directory, 'disk') } } }],
      },
    });
    await untilReady('Imported');
    expect(summaries()).toEqual([
      'Unknown True False Importing',
      'False False True SourceNotAllowed',
      'Unknown True False Importing',
      'True False False Imported',
    ]);
  });

  it('tries again when the source broke off, without a write for each attempt', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.setHeader('content-length', 7);
      if (requests < 4) response.write('con', () => response.destroy());
      else response.end('content');
    });
    await create({ http: { url } });
    run();
    await untilReady('Imported');
    expect(requests).toBe(4);
    expect(summaries()[1]).toBe('False True False SourceFailed');
    expect(summaries().filter((summary) => summary.endsWith('Importing'))).toHaveLength(1);
    expect(operator.events.filter((event) => event.includes('SourceFailed'))).toHaveLength(1);
  });

  it('finds a file that comes later', async () => {
    await create({ file: { path: join(directory, 'disk') } });
    run();
    await untilReady('SourceNotFound');
    await writeFile(join(directory, 'disk'), 'content');
    await untilReady('Imported');
  });

  it('leaves nothing of the old image behind when another digest is wanted and not found', async () => {
    await writeFile(join(directory, 'disk'), 'content');
    const source = { file: { path: join(directory, 'disk') } };
    await create(source);
    run();
    await untilReady('Imported');
    await client.patch(bootImageKind, 'debian', {
      spec: { artifacts: [{ role: 'Disk', format: 'Raw', source, digest: digest('b') }] },
    });
    const { status } = await untilReady('DigestMismatch');
    expect(status?.artifacts).toBeUndefined();
    expect(status?.importedAt).toBeUndefined();
    expect(status?.observedGeneration).toBe(2);
    expect(summaries().slice(2)).toEqual(['Unknown True False Importing', 'False False True DigestMismatch']);
  });

  it('gives an import up when the spec changes in the middle', async () => {
    const { url, seen } = await serveForEver();
    await writeFile(join(directory, 'disk'), 'content');
    await create({ http: { url } });
    run();
    await expect.poll(() => seen.asked).toBe(true);
    await client.patch(bootImageKind, 'debian', {
      spec: {
        artifacts: [{ role: 'Disk', format: 'Raw', source: { file: { path: join(directory, 'disk') } } }],
      },
    });
    await untilReady('Imported');
    await expect.poll(() => seen.ended).toBe(true);
    expect((await current()).status?.artifacts?.[0]?.sizeBytes).toBe(7);
  });

  it('gives an import up when the image is deleted', async () => {
    const { url, seen } = await serveForEver();
    await create({ http: { url } });
    run();
    await expect.poll(() => seen.asked).toBe(true);
    await client.delete(bootImageKind, 'debian');
    await expect.poll(() => seen.ended).toBe(true);
  });

  it('says how far it is while it reads, never backwards', async () => {
    const steps: (() => void)[] = [];
    const url = await serve((_request, response) => {
      response.setHeader('content-length', 30);
      for (let step = 0; step < 3; step += 1) steps.push(() => response.write('0123456789'));
      steps.shift()?.();
    });
    await create({ http: { url } });
    run();
    await expect.poll(() => steps.length).toBe(2);
    for (const percent of [66, 99]) {
      operator.clock.time += 5_000;
      steps.shift()?.();
      if (percent === 99) break;
      await expect.poll(async () => (await current()).status?.progress?.percent).toBe(percent);
    }
    await untilReady('Imported');
    const percents = history.flatMap((status) => status?.progress?.percent ?? []);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    const times = history.map(
      (status) => findCondition(status?.conditions, 'Reconciling')?.lastTransitionTime,
    );
    expect(new Set(times.slice(0, -1)).size).toBe(1);
  });

  it('writes nothing when it does not lead', async () => {
    await writeFile(join(directory, 'disk'), 'content');
    await create({ file: { path: join(directory, 'disk') } });
    operator.leads = false;
    const writes = client.writes();
    run();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.writes()).toBe(writes);
  });

  it('does not read again what is imported, after a restart either', async () => {
    await writeFile(join(directory, 'disk'), 'content');
    await create({ file: { path: join(directory, 'disk') } });
    run();
    await untilReady('Imported');
    const writes = client.writes();
    await rm(join(directory, 'disk'));
    const restarted = await startTestOperator(client, 'metalwright-system');
    restarted.run(createBootImageController({ ...restarted.deps, imageDirectories: [directory] }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await restarted.stop();
    expect(client.writes()).toBe(writes);
  });
});
