import { describe, expect, it } from 'vitest';
import { configMaps } from './core-resources.ts';
import { kubeError } from './errors.ts';
import { createMemoryClient } from './memory-client.ts';
import type { KubeObject, Resource } from './resource.ts';

interface Condition {
  type: string;
  status: string;
}

interface Thing extends KubeObject {
  spec?: { size?: number | undefined; zone?: string | undefined } | undefined;
  status?: { phase?: string | undefined; conditions?: Condition[] | undefined } | undefined;
}

const things: Resource<Thing> = {
  group: 'test.dev',
  version: 'v1',
  plural: 'things',
  kind: 'Thing',
  namespaced: false,
};
const metadata = { name: 'a' };

describe('memory client', () => {
  it('keeps spec and status apart, and counts generations of the spec only', async () => {
    const client = createMemoryClient();
    await client.create(things, { metadata, spec: { size: 1 }, status: { phase: 'Stray' } });
    await client.applyStatus(things, { metadata, status: { phase: 'Ready' } }, { fieldManager: 'm' });
    expect(await client.get(things, 'a')).toMatchObject({ spec: { size: 1 }, status: { phase: 'Ready' } });
    const { metadata: after, status } = await client.apply(
      things,
      { metadata, spec: { size: 2 } },
      { fieldManager: 'm' },
    );
    expect(after.generation).toBe(2);
    expect(status?.phase).toBe('Ready');
  });

  it('lets each manager own its conditions', async () => {
    const client = createMemoryClient();
    await client.create(things, { metadata });
    const set = (fieldManager: string, ...conditions: Condition[]) =>
      client.applyStatus(things, { metadata, status: { conditions } }, { fieldManager });
    await set('one', { type: 'Ready', status: 'True' }, { type: 'Powered', status: 'True' });
    await set('two', { type: 'Allocated', status: 'True' });
    const { status } = await set('one', { type: 'Ready', status: 'False' });
    expect(status?.conditions).toEqual([
      { type: 'Ready', status: 'False' },
      { type: 'Allocated', status: 'True' },
    ]);
  });

  it('leaves to others what a manager once applied empty', async () => {
    const client = createMemoryClient();
    await client.create(things, { metadata });
    const set = (fieldManager: string, status: Thing['status']) =>
      client.applyStatus(things, { metadata, status }, { fieldManager });
    await set('one', {});
    await set('two', { phase: 'Ready' });
    const { status } = await set('one', { conditions: [{ type: 'Powered', status: 'True' }] });
    expect(status).toEqual({ phase: 'Ready', conditions: [{ type: 'Powered', status: 'True' }] });
  });

  it('keeps an object with finalizers until the last is gone', async () => {
    const client = createMemoryClient();
    await client.create(things, { metadata: { ...metadata, finalizers: ['f'] } });
    await client.delete(things, 'a');
    expect((await client.get(things, 'a'))?.metadata.deletionTimestamp).toBeTypeOf('string');
    await client.patch(things, 'a', { metadata: { finalizers: null } });
    expect(await client.get(things, 'a')).toBeUndefined();
  });

  it('watches from a version on, one kind at a time', async () => {
    const client = createMemoryClient();
    await client.create(things, { metadata });
    const { resourceVersion } = await client.list(things);
    const events = client.watch(things, { resourceVersion })[Symbol.asyncIterator]();
    const next = events.next();
    await client.create(configMaps, { metadata: { name: 'x', namespace: 'n' } });
    await client.patch(things, 'a', { spec: { zone: 'z' } });
    await client.delete(things, 'a');
    expect(await next).toMatchObject({ value: { type: 'Modified', object: { spec: { zone: 'z' } } } });
    expect(await events.next()).toMatchObject({ value: { type: 'Deleted' } });
    client.forgetHistory();
    await expect(
      client.watch(things, { resourceVersion })[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({
      code: 'Gone',
    });
  });

  it('tells a request that never arrived from an answer that got lost', async () => {
    const client = createMemoryClient();
    const lose = () => {
      throw kubeError('Unavailable', 'test');
    };
    await expect(client.connect({ before: lose }).create(things, { metadata })).rejects.toThrow();
    expect(client.writes()).toBe(0);
    await expect(client.connect({ after: lose }).create(things, { metadata })).rejects.toThrow();
    expect(client.writes()).toBe(1);
  });
});
