import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { configMaps, namespaces } from '../../../src/kube/core-resources.ts';
import { isKubeError } from '../../../src/kube/errors.ts';
import { createMemoryClient } from '../../../src/kube/memory-client.ts';
import { type Setting, startSetting } from './setting.ts';

const name = fc.constantFrom('a', 'b');
// None is empty: built-in kinds drop an empty record, where custom resources keep it.
const data = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('1', '2'), { minKeys: 1 });
const manager = fc.constantFrom('first', 'second');
/** Which version to send along: none, the newest or the first one that was seen of this name. */
const seen = fc.constantFrom('none', 'newest', 'first');
const step = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), name, data }),
  fc.record({ kind: fc.constant('apply' as const), name, data, manager, force: fc.boolean(), seen }),
  fc.record({ kind: fc.constant('patch' as const), name, data, seen, drop: fc.constantFrom('x', 'y') }),
  fc.record({ kind: fc.constant('finalizer' as const), name, on: fc.boolean() }),
  fc.record({ kind: fc.constant('delete' as const), name, seen }),
  fc.record({ kind: fc.constant('get' as const), name }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What came of each step, without the names of versions, which differ from one server to the next. */
async function play(client: KubeClient, namespace: string, steps: Step[]): Promise<unknown[]> {
  const versions = new Map<string, string[]>();
  const outcomes: unknown[] = [];
  const versionOf = (of: string, which: string) =>
    which === 'none' ? undefined : versions.get(of)?.at(which === 'newest' ? -1 : 0);

  async function act(each: Step) {
    const metadata = { name: each.name, namespace };
    switch (each.kind) {
      case 'create':
        return await client.create(configMaps, { metadata, data: each.data });
      case 'apply': {
        const resourceVersion = versionOf(each.name, each.seen);
        const { manager: fieldManager, force } = each;
        return await client.apply(
          configMaps,
          { metadata: { ...metadata, resourceVersion }, data: each.data },
          { fieldManager, force },
        );
      }
      case 'patch': {
        const resourceVersion = versionOf(each.name, each.seen);
        const patch = { metadata: { resourceVersion }, data: { ...each.data, [each.drop]: null } };
        return await client.patch(configMaps, each.name, patch, { namespace });
      }
      case 'finalizer': {
        const patch = { metadata: { finalizers: each.on ? ['metalwright.dev/test'] : null } };
        return await client.patch(configMaps, each.name, patch, { namespace });
      }
      case 'delete':
        await client.delete(configMaps, each.name, {
          namespace,
          preconditions: { resourceVersion: versionOf(each.name, each.seen) },
        });
        return undefined;
      case 'get':
        return await client.get(configMaps, each.name, namespace);
    }
  }

  for (const each of steps) {
    const before = await client.get(configMaps, each.name, namespace);
    try {
      const object = await act(each);
      const { resourceVersion, finalizers, deletionTimestamp } = object?.metadata ?? {};
      if (resourceVersion !== undefined) {
        versions.set(each.name, [...(versions.get(each.name) ?? []), resourceVersion]);
      }
      // With its last finalizer an object that is being deleted goes: which version its last copy shows means nothing.
      const gone = deletionTimestamp !== undefined && (finalizers ?? []).length === 0;
      outcomes.push({
        kind: each.kind,
        data: object?.data ?? {},
        finalizers: finalizers ?? [],
        deleting: deletionTimestamp !== undefined,
        changed: gone || before?.metadata.resourceVersion !== resourceVersion,
      });
    } catch (error) {
      outcomes.push({ kind: each.kind, code: isKubeError(error) ? error.code : String(error) });
    }
  }
  return outcomes;
}

describe('the client in memory', () => {
  let setting: Setting;
  let number = 0;
  beforeAll(async () => {
    setting = await startSetting();
  });
  afterAll(() => setting?.stop());

  it('does what the real API server does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const namespace = `play-${++number}`;
        await setting.direct.create(namespaces, { metadata: { name: namespace } });
        const real = await play(setting.direct, namespace, steps);
        expect(await play(createMemoryClient(), namespace, steps)).toEqual(real);
      }),
      { numRuns: 100, interruptAfterTimeLimit: 60_000 },
    );
  });
});
