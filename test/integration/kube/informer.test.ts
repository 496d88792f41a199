import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runController } from '../../../src/kube/controller.ts';
import { type ConfigMap, configMaps, namespaces } from '../../../src/kube/core-resources.ts';
import { createInformer, type Informer, type InformerTimings } from '../../../src/kube/informer.ts';
import { keyOf, splitKey } from '../../../src/kube/resource.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { type Setting, startSetting, until } from './setting.ts';

/** The real ones, about forty times shorter. */
const timings: InformerTimings = {
  serverTimeoutMinMs: 6000,
  serverTimeoutMaxMs: 8000,
  inactivityTimeoutMs: 1500,
  backoff: { baseMs: 20, maxMs: 500 },
  healthyAfterMs: 500,
};
const requestTimeoutMs = 1500;

describe('informer on a real API server, through a network that fails', () => {
  let setting: Setting;
  let namespace: string;
  let informer: Informer<ConfigMap>;
  /** What a listener knows, by its own account. */
  let mirror: Map<string, ConfigMap>;
  let history: string[];
  let number = 0;

  beforeAll(async () => {
    setting = await startSetting();
  });
  afterAll(() => setting?.stop());

  beforeEach(async () => {
    namespace = `test-${++number}`;
    await setting.direct.create(namespaces, { metadata: { name: namespace } });
    mirror = new Map();
    history = [];
    informer = createInformer({
      client: setting.throughProxy(requestTimeoutMs),
      resource: configMaps,
      namespace,
      indexes: { owner: ({ data }) => (data?.owner === undefined ? [] : [data.owner]) },
      log: silentLogger,
      timings,
    });
    informer.onChange(({ type, object }) => {
      const { name } = object.metadata;
      if (mirror.has(name) === (type === 'Added')) history.push(`impossible: ${type} ${name}`);
      history.push(`${type} ${name}`);
      if (type === 'Deleted') mirror.delete(name);
      else mirror.set(name, object);
    });
    informer.start();
    await informer.synced();
    await until('the watch is open', () => setting.proxy.openWatches() > 0);
    setting.proxy.takeRequests();
  });

  afterEach(async () => {
    Object.assign(setting.proxy.faults, {
      stall: false,
      refuseWith: undefined,
      delayMs: 0,
      goneOnce: false,
      truncateOnce: false,
    });
    await informer.stop();
    expect(history.filter((line) => line.startsWith('impossible'))).toEqual([]);
  });

  const put = (name: string, value: string) =>
    setting.direct.apply(
      configMaps,
      { metadata: { name, namespace }, data: { value, owner: `owner-${value}` } },
      { fieldManager: 'test' },
    );
  const remove = (name: string) => setting.direct.delete(configMaps, name, { namespace });

  async function expectCurrent(timeoutMs?: number): Promise<void> {
    const { items } = await setting.direct.list(configMaps, { namespace });
    const want = items.map((item) => `${item.metadata.name} ${item.metadata.resourceVersion}`).sort();
    const show = (objects: Iterable<ConfigMap>) =>
      [...objects].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
    await until(
      'informer and listener know what the API server knows',
      () => String(show(informer.list())) === String(want) && String(show(mirror.values())) === String(want),
      timeoutMs,
    );
  }

  it('follows changes and indexes them', async () => {
    await put('a', '1');
    await put('b', '1');
    await put('a', '2');
    await remove('b');
    await expectCurrent();
    expect(informer.byIndex('owner', 'owner-2')).toEqual([informer.get('a', namespace)]);
    expect(informer.byIndex('owner', 'owner-1')).toEqual([]);
  });

  it('misses nothing when connections are cut', async () => {
    for (let turn = 0; turn < 5; turn++) {
      await put(`a${turn}`, String(turn));
      setting.proxy.cut();
      await put(`b${turn}`, String(turn));
      if (turn > 0) await remove(`a${turn - 1}`);
    }
    await expectCurrent();
  });

  it('goes on after a cut without listing everything again', async () => {
    await put('a', '1');
    await expectCurrent();
    setting.proxy.cut();
    await put('b', '1');
    await expectCurrent();
    const lists = setting.proxy.takeRequests().filter((line) => !line.includes('watch=true'));
    expect(lists).toEqual([]);
  });

  it('notices a connection on which nothing comes any more', async () => {
    setting.proxy.faults.stall = true;
    await put('a', '1');
    await until('it has tried anew', () => setting.proxy.requestCount() > 1);
    setting.proxy.faults.stall = false;
    await expectCurrent();
  });

  it('misses nothing when an event is cut in the middle and the answer ends as if it were whole', async () => {
    setting.proxy.faults.truncateOnce = true;
    await put('a', '1');
    await put('b', '1');
    await expectCurrent();
    expect(setting.proxy.faults.truncateOnce).toBe(false);
  });

  it('follows through a slow network', async () => {
    setting.proxy.faults.delayMs = 300;
    for (let turn = 0; turn < 10; turn++) await put('a', String(turn));
    await expectCurrent();
  });

  it('lists again when its version is gone, and tells of what was deleted unseen', async () => {
    await put('a', '1');
    await put('b', '1');
    await expectCurrent();
    setting.proxy.faults.refuseWith = 503;
    setting.proxy.cut();
    await remove('a');
    await put('c', '1');
    setting.proxy.faults.goneOnce = true;
    setting.proxy.faults.refuseWith = undefined;
    await expectCurrent();
    expect(setting.proxy.faults.goneOnce).toBe(false);
    expect(history).toContain('Deleted a');
  });

  for (const status of [429, 500, 503, 401, 403]) {
    it(`goes on after a time of HTTP ${status}`, async () => {
      setting.proxy.faults.refuseWith = status;
      setting.proxy.cut();
      await put('a', '1');
      await until('it was refused', () => setting.proxy.requestCount() > 2);
      setting.proxy.faults.refuseWith = undefined;
      await expectCurrent();
    });
  }

  it('converges under a storm of faults, every kind at any time', async () => {
    const { faults } = setting.proxy;
    const storms = [
      () => setting.proxy.cut(),
      () => {
        faults.truncateOnce = true;
      },
      () => {
        faults.goneOnce = true;
        setting.proxy.cut();
      },
      () => {
        faults.stall = !faults.stall;
      },
      () => {
        faults.refuseWith = faults.refuseWith === undefined ? 503 : undefined;
      },
      () => {
        faults.delayMs = faults.delayMs === 0 ? 50 : 0;
      },
    ];
    for (let turn = 0; turn < 120; turn++) {
      const name = `n${(turn * 7) % 13}`;
      if (turn % 5 === 4) await remove(name);
      else await put(name, String(turn));
      if (turn % 4 === 0) storms[(turn / 4) % storms.length]?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    Object.assign(faults, { stall: false, refuseWith: undefined, delayMs: 0 });
    await expectCurrent();
  });

  it('asks rarely and writes nothing while nothing changes', async () => {
    const controller = runController({
      name: 'quiet',
      log: silentLogger,
      async reconcile(key) {
        const { name } = splitKey(key);
        await setting
          .throughProxy(requestTimeoutMs)
          .apply(configMaps, { metadata: { name: `${name}-copy`, namespace } }, { fieldManager: 'quiet' });
        return undefined;
      },
    });
    informer.onChange(({ object }) => {
      if (!object.metadata.name.endsWith('-copy')) controller.enqueue(keyOf(object));
    });
    controller.start();
    await put('a', '1');
    await until('the controller has acted', () => informer.get('a-copy', namespace) !== undefined);
    await expectCurrent();
    setting.proxy.takeRequests();
    // Longer than the server's own timeout and several inactivity timeouts: a minute and more in real timings.
    await new Promise((resolve) => setTimeout(resolve, 9000));
    await controller.stop();
    const requests = setting.proxy.takeRequests();
    expect(requests.filter((line) => !line.startsWith('GET '))).toEqual([]);
    expect(requests.filter((line) => !line.includes('watch=true'))).toEqual([]);
    expect(requests.length).toBeLessThanOrEqual(10);
  });

  it('leaves no connection behind when it is stopped', async () => {
    await informer.stop();
    await until('the watch is closed', () => setting.proxy.openWatches() === 0);
  });

  it('goes on with an API server that was started again and has forgotten the history', async () => {
    await put('a', '1');
    await put('b', '1');
    await expectCurrent();
    setting.proxy.faults.refuseWith = 503;
    await setting.restart();
    await remove('a');
    await put('c', '1');
    setting.proxy.faults.refuseWith = undefined;
    await expectCurrent(30_000);
    expect(history).toContain('Deleted a');
    const old = setting.direct.watch(configMaps, { resourceVersion: '1', timeoutSeconds: 5 });
    await expect(old[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'Gone' });
  });
});
