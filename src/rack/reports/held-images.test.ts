import { afterEach, describe, expect, it } from 'vitest';
import { aBootImage } from '../../../test/fixtures/objects.ts';
import { bootImageKind } from '../../api/boot-image/schema.ts';
import { createInformer } from '../../kube/informer.ts';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { createMemoryClient } from '../../kube/memory-client.ts';
import { silentLogger } from '../../log/logger.ts';
import { imageError } from '../images/errors.ts';
import { createImageHolder, holderManager } from './held-images.ts';

const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)];

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function setting(ensure?: (digest: string) => Promise<void>) {
  const client = createMemoryClient();
  await client.create(bootImageKind, aBootImage({ name: 'debian' }));
  const images = createInformer({ client, resource: bootImageKind, log: silentLogger });
  images.start();
  await images.synced();
  const held = new Set<string>();
  const listeners = new Set<() => void>();
  const told = (): void => {
    for (const listener of listeners) listener();
  };
  const timers = createManualTimers();
  const start = async (rackName: string): Promise<void> => {
    const holder = createImageHolder({
      client,
      world: { images },
      cache: {
        has: (digest) => held.has(digest),
        async ensure(digest) {
          await ensure?.(digest);
          held.add(digest);
          told();
        },
        onChange(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      rackName,
      clock: { now: () => Date.parse('2026-01-01T00:00:00Z') },
      log: silentLogger,
      timers,
    });
    holder.start();
    stops.push(() => holder.stop());
    await timers.advance(0);
  };
  stops.push(() => images.stop());
  const imported = async (...digests: string[]): Promise<void> => {
    const artifacts = digests.map((digest) => ({
      role: 'Disk' as const,
      digest: `sha256:${digest}`,
      sizeBytes: 1,
    }));
    await client.applyStatus(
      bootImageKind,
      { metadata: { name: 'debian' }, status: { artifacts } },
      { fieldManager: 'operator' },
    );
    await timers.advance(1_000);
  };
  const racks = async () =>
    (await client.get(bootImageKind, 'debian'))?.status?.racks?.map(({ name }) => name).sort() ?? [];
  const evict = async (digest: string): Promise<void> => {
    held.delete(digest);
    told();
    await timers.advance(0);
  };
  return { client, held, timers, start, imported, racks, evict };
}

describe('the images that a rack holds', () => {
  it('are fetched as soon as they are imported, and named on the BootImage', async () => {
    const { held, start, imported, racks } = await setting();
    await start('rack-1');
    expect(await racks()).toEqual([]);
    await imported(old);
    expect([...held]).toEqual([old]);
    expect(await racks()).toEqual(['rack-1']);
  });

  it('are not named while what was imported anew is being fetched', async () => {
    const gate = Promise.withResolvers<void>();
    const { timers, start, imported, racks } = await setting((digest) =>
      digest === fresh ? gate.promise : Promise.resolve(),
    );
    await start('rack-1');
    await imported(old);
    await imported(fresh);
    expect(await racks()).toEqual([]);
    gate.resolve();
    await timers.advance(1_000);
    expect(await racks()).toEqual(['rack-1']);
  });

  it('are not named any more when the import is undone', async () => {
    const { start, imported, racks } = await setting();
    await start('rack-1');
    await imported(old);
    await imported();
    expect(await racks()).toEqual([]);
  });

  it('are fetched again when they were lost', async () => {
    const { held, start, imported, racks, evict } = await setting();
    await start('rack-1');
    await imported(old);
    await evict(old);
    expect([...held]).toEqual([old]);
    expect(await racks()).toEqual(['rack-1']);
  });

  it('are tried again when their source fails', async () => {
    let failures = 3;
    const { timers, start, imported, racks } = await setting(async () => {
      if (failures-- > 0) throw new Error('the source is away');
    });
    await start('rack-1');
    await imported(old);
    await timers.advance(60_000);
    expect(await racks()).toEqual(['rack-1']);
  });

  it('are not fetched again and again where there is no room for them', async () => {
    let asked = 0;
    const { timers, start, imported, racks, evict } = await setting(async () => {
      asked += 1;
      if (asked < 3) throw imageError('ImageCacheFull', 'full');
    });
    await start('rack-1');
    await imported(old);
    await timers.advance(600_000);
    expect([asked, await racks()]).toEqual([1, []]);
    await evict('another');
    await evict('another');
    expect([asked, await racks()]).toEqual([3, ['rack-1']]);
  });

  it('cost no write when nothing changes', async () => {
    const { client, start, imported, evict } = await setting();
    await start('rack-1');
    await imported(old);
    const writes = client.writes();
    await evict('unknown');
    expect(client.writes()).toBe(writes);
  });

  it('belong to a field manager that API servers take, whatever the node is called', () => {
    expect(holderManager('rack-1')).toBe('metalwright-rack-images-rack-1');
    expect(holderManager('n'.repeat(253)).length).toBeLessThanOrEqual(128);
    expect(holderManager('n'.repeat(253))).not.toBe(holderManager('n'.repeat(252)));
  });
});
