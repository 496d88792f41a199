import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMaps, events, leases, namespaces, secrets } from '../../../src/kube/core-resources.ts';
import { createEventRecorder } from '../../../src/kube/events.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { type Setting, startSetting, until } from './setting.ts';

const namespace = 'default';

describe('client on a real API server', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await startSetting();
  });
  afterAll(() => setting?.stop());

  it('creates, gets and deletes', async () => {
    const { direct } = setting;
    const created = await direct.create(secrets, {
      metadata: { name: 'one', namespace },
      data: { a: 'YQ==' },
      type: 'Opaque',
    });
    expect(created.metadata.uid).toBeTypeOf('string');
    expect((await direct.get(secrets, 'one', namespace))?.data).toEqual({ a: 'YQ==' });
    await direct.delete(secrets, 'one', { namespace });
    expect(await direct.get(secrets, 'one', namespace)).toBeUndefined();
    await direct.delete(secrets, 'one', { namespace });
  });

  it('makes up a name from its beginning', async () => {
    const { metadata } = await setting.direct.create(configMaps, {
      metadata: { generateName: 'made-', namespace },
    });
    expect(metadata.name).toMatch(/^made-.+/);
  });

  it('refuses to create what is there already', async () => {
    const { direct } = setting;
    await direct.create(configMaps, { metadata: { name: 'twice', namespace } });
    await expect(direct.create(configMaps, { metadata: { name: 'twice', namespace } })).rejects.toMatchObject(
      {
        code: 'AlreadyExists',
      },
    );
  });

  it('lists many objects in small pages, each once', async () => {
    const { direct } = setting;
    await direct.create(namespaces, { metadata: { name: 'many' } });
    const names = Array.from({ length: 60 }, (_, number) => `map-${String(number).padStart(3, '0')}`);
    await Promise.all(
      names.map((name) => direct.create(configMaps, { metadata: { name, namespace: 'many' } })),
    );
    const { items, resourceVersion } = await direct.list(configMaps, { namespace: 'many', pageSize: 7 });
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(names);
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(resourceVersion).toMatch(/^\d+$/);
  });

  describe('server-side apply', () => {
    const metadata = { name: 'applied', namespace };

    it('makes an object, and takes away what its manager leaves out, and nothing of others', async () => {
      const { direct } = setting;
      await direct.apply(configMaps, { metadata, data: { a: '1', b: '2' } }, { fieldManager: 'first' });
      await direct.apply(configMaps, { metadata, data: { c: '3' } }, { fieldManager: 'second' });
      const { data } = await direct.apply(
        configMaps,
        { metadata, data: { a: '1' } },
        { fieldManager: 'first' },
      );
      expect(data).toEqual({ a: '1', c: '3' });
    });

    it('takes a field from another manager only when forced', async () => {
      const { direct } = setting;
      const object = { metadata, data: { a: '9' } };
      await expect(
        direct.apply(configMaps, object, { fieldManager: 'third', force: false }),
      ).rejects.toMatchObject({ code: 'Conflict' });
      expect((await direct.apply(configMaps, object, { fieldManager: 'third' })).data?.a).toBe('9');
    });

    it('conflicts when the object has another version than the one seen', async () => {
      const { direct } = setting;
      const seen = await direct.get(configMaps, 'applied', namespace);
      await direct.patch(configMaps, 'applied', { data: { d: '4' } }, { namespace });
      const { resourceVersion } = seen!.metadata;
      await expect(
        direct.apply(
          configMaps,
          { metadata: { ...metadata, resourceVersion }, data: {} },
          { fieldManager: 'first' },
        ),
      ).rejects.toMatchObject({ code: 'Conflict', retryable: false });
    });

    it('conflicts when the object that was seen is another one now, or none', async () => {
      const { direct } = setting;
      const uid = '00000000-0000-4000-8000-000000000000';
      for (const name of ['applied', 'never-there']) {
        await expect(
          direct.apply(
            configMaps,
            { metadata: { name, namespace, uid }, data: {} },
            { fieldManager: 'first' },
          ),
        ).rejects.toMatchObject({ code: 'Conflict' });
      }
      expect(await direct.get(configMaps, 'never-there', namespace)).toBeUndefined();
    });

    it('writes nothing when nothing is different', async () => {
      const { direct } = setting;
      const object = { metadata: { name: 'same', namespace }, data: { a: '1' } };
      const first = await direct.apply(configMaps, object, { fieldManager: 'first' });
      const second = await direct.apply(configMaps, object, { fieldManager: 'first' });
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });
  });

  it('patches, with null for what goes away and a version as precondition', async () => {
    const { direct } = setting;
    const { metadata } = await direct.create(configMaps, {
      metadata: { name: 'patched', namespace },
      data: { a: '1', b: '2' },
    });
    const { resourceVersion } = metadata;
    const patched = await direct.patch(
      configMaps,
      'patched',
      { metadata: { resourceVersion }, data: { a: null, c: '3' } },
      { namespace },
    );
    expect(patched.data).toEqual({ b: '2', c: '3' });
    await expect(
      direct.patch(configMaps, 'patched', { metadata: { resourceVersion }, data: { c: '4' } }, { namespace }),
    ).rejects.toMatchObject({ code: 'Conflict' });
  });

  it('updates a lease once per version', async () => {
    const { direct } = setting;
    const lease = await direct.create(leases, {
      metadata: { name: 'l', namespace },
      spec: { holderIdentity: 'a' },
    });
    await direct.update(leases, { ...lease, spec: { holderIdentity: 'b' } });
    await expect(direct.update(leases, { ...lease, spec: { holderIdentity: 'c' } })).rejects.toMatchObject({
      code: 'Conflict',
    });
  });

  it('deletes only the object that was meant', async () => {
    const { direct } = setting;
    await direct.create(configMaps, { metadata: { name: 'kept', namespace } });
    await expect(
      direct.delete(configMaps, 'kept', { namespace, preconditions: { uid: 'another' } }),
    ).rejects.toMatchObject({ code: 'Conflict' });
    expect(await direct.get(configMaps, 'kept', namespace)).toBeDefined();
  });

  it('says what is wrong with a refused object', async () => {
    await expect(
      setting.direct.create(configMaps, { metadata: { name: 'Not Allowed', namespace } }),
    ).rejects.toMatchObject({ code: 'Invalid', message: expect.stringContaining('metadata.name') });
  });

  it('ends a request in time when nothing comes back', async () => {
    const { proxy } = setting;
    const client = setting.throughProxy(300);
    proxy.faults.stall = true;
    await expect(client.get(configMaps, 'kept', namespace)).rejects.toMatchObject({ code: 'Timeout' });
    proxy.faults.stall = false;
    expect(await client.get(configMaps, 'kept', namespace)).toBeDefined();
  });

  it('records events that the API server accepts, about objects with and without a namespace', async () => {
    const { direct } = setting;
    const component = 'metalwright.dev/operator';
    const recorder = createEventRecorder({ client: direct, component, log: silentLogger });
    const kept = await direct.get(configMaps, 'kept', namespace);
    const many = await direct.get(namespaces, 'many');
    const regarding = (object: typeof kept | typeof many) => ({
      apiVersion: object!.apiVersion,
      kind: object!.kind,
      ...object!.metadata,
    });
    for (let time = 0; time < 3; time++) recorder.event(regarding(kept), 'Normal', 'Seen', 'x'.repeat(2000));
    recorder.event(regarding(many), 'Warning', 'Seen', 'all is well');
    const mine = async () => {
      const { items } = await direct.list(events, { namespace });
      return items.filter(({ reportingController }) => reportingController === component);
    };
    await until('both events are there', async () => (await mine()).length === 2);
    await recorder.stop();
    const found = await mine();
    expect(found.map(({ note }) => note?.length).sort()).toEqual([1024, 11]);
    expect(found.find(({ type }) => type === 'Normal')?.series?.count).toBe(3);
  });
});
