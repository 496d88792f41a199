import { describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger.ts';
import type { WatchOptions } from './client.ts';
import { type ConfigMap, configMaps } from './core-resources.ts';
import { decodeObject } from './decode.ts';
import { kubeError } from './errors.ts';
import { createInformer, type InformerOptions } from './informer.ts';
import { createManualTimers } from './manual-timers.ts';
import type { WatchEvent } from './watch.ts';

function configMap(name: string, version: number, uid = name): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid, resourceVersion: String(version), managedFields: [{}] },
    data: { version: String(version) },
  };
}

/** What a watch says, one by one; an error ends it. */
type Script = (WatchEvent<ConfigMap> | Error)[];

/** Lists and watches as scripted; when the scripts are used up, the last list comes again and watches are silent. */
function setUp(lists: (ConfigMap[] | Error)[], watches: Script[]) {
  const timers = createManualTimers();
  const asked: WatchOptions[] = [];
  let listed = 0;
  const client: InformerOptions<ConfigMap>['client'] = {
    async list(resource) {
      const answer = lists[Math.min(listed++, lists.length - 1)] ?? [];
      if (answer instanceof Error) throw answer;
      const items = answer.map((object) => decodeObject('list', resource, structuredClone(object)));
      return { items, resourceVersion: `list${listed}` };
    },
    async *watch(resource, options) {
      asked.push(options);
      const script = watches[asked.length - 1];
      if (script === undefined) {
        await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve()));
        return;
      }
      for (const step of script) {
        if (step instanceof Error) throw step;
        yield 'object' in step ? { ...step, object: decodeObject('watch', resource, step.object) } : step;
      }
    },
  };
  const seen: string[] = [];
  const informer = createInformer({
    client,
    resource: configMaps,
    indexes: { version: ({ data }) => [data?.version ?? ''] },
    log: silentLogger,
    timers,
    random: () => 0.5,
  });
  informer.onChange(({ type, object }) =>
    seen.push(`${type} ${object.metadata.name}@${object.data?.version}`),
  );
  informer.start();
  return { timers, informer, seen, asked, listed: () => listed };
}

const changed = (
  type: 'Added' | 'Modified' | 'Deleted',
  name: string,
  version: number,
): WatchEvent<ConfigMap> => ({
  type,
  object: configMap(name, version),
  resourceVersion: String(version),
});

describe('informer', () => {
  it('lists, then follows the watch', async () => {
    const { informer, seen, timers } = setUp(
      [[configMap('a', 1)]],
      [[changed('Added', 'b', 2), changed('Modified', 'a', 3), changed('Deleted', 'b', 4)]],
    );
    await informer.synced();
    await timers.advance(0);
    expect(seen).toEqual(['Added a@1', 'Added b@2', 'Modified a@3', 'Deleted b@4']);
    expect(informer.byIndex('version', '3')).toEqual(informer.list());
  });

  it('goes on from the newest version seen, bookmarks among them, without a new list', async () => {
    const { asked, timers, listed } = setUp(
      [[configMap('a', 1)]],
      [
        [changed('Modified', 'a', 2), { type: 'Bookmark', resourceVersion: '9' }],
        [kubeError('Unavailable', 'x')],
      ],
    );
    await timers.advance(60_000);
    expect(asked.map(({ resourceVersion }) => resourceVersion)).toEqual(['list1', '9', '9']);
    expect(listed()).toBe(1);
  });

  it('lists anew when the version is gone, and tells what was deleted in between', async () => {
    const { seen, timers, listed } = setUp(
      [
        [configMap('a', 1), configMap('b', 1), configMap('c', 1)],
        [configMap('a', 1), configMap('c', 7, 'other')],
      ],
      [[kubeError('Gone', 'x')]],
    );
    await timers.advance(60_000);
    expect(seen.slice(3)).toEqual(['Deleted b@1', 'Deleted c@1', 'Added c@7']);
    expect(listed()).toBe(2);
  });

  it('says nothing twice when an event comes again', async () => {
    const { seen, timers } = setUp(
      [[configMap('a', 1)]],
      [[changed('Modified', 'a', 1), changed('Modified', 'a', 2)]],
    );
    await timers.advance(0);
    expect(seen).toEqual(['Added a@1', 'Modified a@2']);
  });

  it('never ends by itself, whatever goes wrong', async () => {
    const failures = (
      ['Timeout', 'Unavailable', 'InternalError', 'InvalidResponse', 'Forbidden'] as const
    ).map((code) => kubeError(code, 'x'));
    const { informer, timers, seen } = setUp(
      [...failures, new Error('unforeseen'), [configMap('a', 1)]],
      [...failures.map((failure) => [failure]), [new Error('unforeseen')], [changed('Modified', 'a', 5)]],
    );
    await timers.advance(600_000);
    expect(informer.hasSynced()).toBe(true);
    expect(seen).toEqual(['Added a@1', 'Modified a@5']);
  });

  it('waits as long as the API server asks', async () => {
    const { timers, listed } = setUp([kubeError('TooManyRequests', 'x', { retryAfterMs: 20_000 }), []], []);
    await timers.advance(19_999);
    expect(listed()).toBe(1);
    await timers.advance(1);
    expect(listed()).toBe(2);
  });

  it('does not ask in a tight loop when each watch ends at once', async () => {
    const { timers, asked } = setUp(
      [[]],
      Array.from({ length: 1000 }, () => []),
    );
    await timers.advance(300_000);
    expect(asked.length).toBeLessThan(40);
  });

  it('asks for watches that end at different times', async () => {
    const { timers, asked } = setUp([[]], []);
    await timers.advance(0);
    expect(asked[0]).toMatchObject({ timeoutSeconds: 270, inactivityTimeoutMs: 75_000 });
  });

  it('goes on when a listener throws', async () => {
    const { informer, timers, seen } = setUp([[configMap('a', 1)]], [[changed('Modified', 'a', 2)]]);
    informer.onChange(() => {
      throw new Error('listener');
    });
    await timers.advance(0);
    expect(seen).toEqual(['Added a@1', 'Modified a@2']);
  });

  it('tells a late listener what is there already, and nothing after it has gone', async () => {
    const { informer, timers } = setUp(
      [[configMap('a', 1)]],
      [[kubeError('Unavailable', 'x')], [changed('Added', 'b', 2)]],
    );
    await timers.advance(0);
    const late: string[] = [];
    const end = informer.onChange(({ type, object }) => late.push(`${type} ${object.metadata.name}`));
    end();
    await timers.advance(60_000);
    expect(informer.list()).toHaveLength(2);
    expect(late).toEqual(['Added a']);
  });

  it('holds frozen objects without managed fields', async () => {
    const { informer, timers } = setUp([[configMap('a', 1)]], [[changed('Added', 'b', 2)]]);
    await timers.advance(0);
    for (const object of informer.list()) {
      expect(Object.isFrozen(object.metadata)).toBe(true);
      expect(object.metadata).not.toHaveProperty('managedFields');
    }
  });

  it('stops at once, also while it waits, and then tells those who wait for it', async () => {
    const { informer, timers } = setUp([kubeError('Unavailable', 'x')], []);
    await timers.advance(1);
    const synced = informer.synced();
    await informer.stop();
    await expect(synced).rejects.toMatchObject({ code: 'Stopped' });
    expect(timers.pending()).toBe(0);
  });
});
