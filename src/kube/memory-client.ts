import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../domain/clock.ts';
import type { ApplyOptions, KubeClient, WatchOptions } from './client.ts';
import { decodeObject } from './decode.ts';
import { kubeError } from './errors.ts';
import { applyFields, mergePatch, type Ownership, sameOwnership, updateOwnership } from './field-sets.ts';
import { deepFreeze, equalJson, isRecord, stringMember } from './json.ts';
import { apiVersionOf, type KubeObject, makeKey, type Resource } from './resource.ts';
import type { WatchEvent } from './watch.ts';

/** One call on the client, for a test that wants to interfere. */
export interface MemoryCall {
  verb:
    | 'get'
    | 'list'
    | 'create'
    | 'apply'
    | 'applyStatus'
    | 'patch'
    | 'patchStatus'
    | 'update'
    | 'delete'
    | 'watch';
  plural: string;
  name: string | undefined;
}

export interface MemoryClientOptions {
  clock?: Clock | undefined;
  /** Before anything is done: a throw is a request that never arrived. */
  before?: ((call: MemoryCall) => void | Promise<void>) | undefined;
  /** After it was done: a throw is an answer that got lost, or a process that died right after its write. */
  after?: ((call: MemoryCall) => void | Promise<void>) | undefined;
}

/** A KubeClient with a look behind. */
export interface MemoryClient extends KubeClient {
  /** Writes that changed something since the start. */
  writes(): number;
  /** Watches from versions before now get Gone. */
  forgetHistory(): void;
  /** The same objects, with other interference: another process. */
  connect(options: MemoryClientOptions): MemoryClient;
}

interface Stored {
  raw: Record<string, unknown>;
  metadata: Record<string, unknown>;
  ownership: Ownership;
}

interface Recorded {
  plural: string;
  version: number;
  type: 'Added' | 'Modified' | 'Deleted';
  raw: Record<string, unknown>;
}

interface Shared {
  version: number;
  writes: number;
  objects: Map<string, Stored>;
  history: Recorded[];
  oldest: number;
  listeners: Set<() => void>;
}

/**
 * An API server in memory, for tests: versions, uids, generations, finalizers, preconditions, field ownership, watches.
 * Every kind has a status subresource; nothing is validated. Label selectors know `name=value`, joined by commas.
 */
export function createMemoryClient(options: MemoryClientOptions = {}): MemoryClient {
  return connect(
    { version: 0, writes: 0, objects: new Map(), history: [], oldest: 0, listeners: new Set() },
    options,
  );
}

type Target = { name?: string | undefined; namespace?: string | undefined };

function connect(shared: Shared, { clock = systemClock, before, after }: MemoryClientOptions): MemoryClient {
  async function run<R>(call: MemoryCall, action: () => R): Promise<R> {
    await before?.(call);
    const result = action();
    await after?.(call);
    return result;
  }

  function keyIn(resource: Resource<KubeObject>, { name = '', namespace }: Target): string {
    return `${resource.group}/${resource.plural}/${makeKey(name, resource.namespaced ? namespace : undefined)}`;
  }

  function find(resource: Resource<KubeObject>, target: Target): Stored {
    const stored = shared.objects.get(keyIn(resource, target));
    if (stored === undefined) throw kubeError('NotFound', `${resource.plural}/${target.name}`);
    return stored;
  }

  /** What is stored is frozen, as a cache's objects are: it is handed out as it is. */
  function typed<T extends KubeObject>(resource: Resource<T>, raw: Record<string, unknown>): T {
    return decodeObject('the memory client', resource, raw);
  }

  function record(
    resource: Resource<KubeObject>,
    type: Recorded['type'],
    raw: Record<string, unknown>,
  ): void {
    shared.writes++;
    shared.history.push({ plural: resource.plural, version: shared.version, type, raw: deepFreeze(raw) });
    for (const listener of shared.listeners) listener();
  }

  function insert<T extends KubeObject>(
    resource: Resource<T>,
    body: Record<string, unknown>,
    target: Target,
    ownership: Ownership,
  ): T {
    if (resource.namespaced && target.namespace === undefined) {
      throw kubeError('BadRequest', `${resource.plural}/${target.name} needs a namespace`);
    }
    const { status: _ignored, ...main } = isRecord(body) ? body : {};
    const metadata = {
      ...(isRecord(body.metadata) ? body.metadata : {}),
      name: target.name,
      uid: randomUUID(),
      resourceVersion: String(++shared.version),
      generation: 1,
      creationTimestamp: new Date(clock.now()).toISOString().replace(/\.\d+Z/, 'Z'),
    };
    const raw = clean({ ...main, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata });
    shared.objects.set(keyIn(resource, target), { raw, metadata, ownership });
    record(resource, 'Added', raw);
    return typed(resource, raw);
  }

  /** Puts the changed object in the place of the stored one, as the API server would. */
  function replace<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    next: Record<string, unknown>,
    part: 'main' | 'status',
    ownership?: Ownership,
  ): T {
    const stored = find(resource, target);
    checkPreconditions(resource, stored, next.metadata);
    const { uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = stored.metadata;
    const given = part === 'main' && isRecord(next.metadata) ? next.metadata : stored.metadata;
    const metadata = clean({
      ...given,
      uid,
      resourceVersion,
      generation,
      creationTimestamp,
      deletionTimestamp,
    });
    const { status: kept, ...main } = stored.raw;
    const raw =
      part === 'main'
        ? {
            ...clean({ ...next, status: undefined }),
            metadata,
            ...(kept === undefined ? {} : { status: kept }),
          }
        : { ...main, metadata, ...clean({ status: next.status }) };
    const owners =
      ownership ?? updateOwnership(ownable(stored.raw), ownable(raw), stored.ownership, updateManager);
    if (equalJson(raw, stored.raw) && sameOwnership(owners, stored.ownership)) return typed(resource, raw);
    metadata.resourceVersion = String(++shared.version);
    if (!equalJson({ ...raw, metadata: 0, status: 0 }, { ...stored.raw, metadata: 0, status: 0 })) {
      metadata.generation = Number(generation) + 1;
    }
    if (deletionTimestamp !== undefined && !hasFinalizers(metadata)) {
      shared.objects.delete(keyIn(resource, target));
      record(resource, 'Deleted', raw);
    } else {
      shared.objects.set(keyIn(resource, target), { raw, metadata, ownership: owners });
      record(resource, 'Modified', raw);
    }
    return typed(resource, raw);
  }

  function apply<T extends KubeObject>(
    resource: Resource<T>,
    object: object,
    target: Target,
    part: 'main' | 'status',
    { fieldManager, force = true }: ApplyOptions,
  ): T {
    const body = clean(object);
    const {
      resourceVersion: _version,
      uid,
      name: _name,
      namespace: _namespace,
      ...owned
    } = isRecord(body.metadata) ? body.metadata : {};
    const stored = shared.objects.get(keyIn(resource, target));
    if (stored === undefined && part === 'status')
      throw kubeError('NotFound', `${resource.plural}/${target.name}`);
    if (stored === undefined && uid !== undefined)
      throw kubeError('Conflict', `${resource.plural}/${target.name} is gone`);
    if (stored !== undefined) checkPreconditions(resource, stored, body.metadata);
    const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status, ...main } = body;
    const wanted = part === 'status' ? { status } : ownable({ ...main, metadata: owned });
    const rules = { manager: fieldManager, force, prefix: part };
    const result = applyFields(stored?.raw ?? {}, wanted, stored?.ownership ?? new Map(), rules);
    if (result.kind === 'conflict') {
      throw kubeError(
        'Conflict',
        `${result.manager} owns ${result.field} of ${resource.plural}/${target.name}`,
      );
    }
    if (stored !== undefined)
      return replace(resource, target, withoutVersion(result.object), part, result.ownership);
    const metadata = {
      ...(isRecord(result.object.metadata) ? result.object.metadata : {}),
      namespace: target.namespace,
    };
    return insert(resource, { ...result.object, metadata }, target, result.ownership);
  }

  function patch<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    body: unknown,
    part: 'main' | 'status',
  ): T {
    const stored = find(resource, target);
    checkPreconditions(resource, stored, isRecord(body) ? body.metadata : undefined);
    const merged = mergePatch(stored.raw, clean(isRecord(body) ? body : {}));
    return replace(resource, target, withoutVersion(isRecord(merged) ? merged : {}), part);
  }

  function listed<T extends KubeObject>(
    resource: Resource<T>,
    namespace?: string,
    labelSelector?: string,
  ): T[] {
    return [...shared.objects]
      .filter(([key]) => key.startsWith(`${resource.group}/${resource.plural}/`))
      .map(([, { raw }]) => raw)
      .filter((raw) => selects(raw, namespace, labelSelector))
      .map((raw) => typed(resource, raw));
  }

  async function* watch<T extends KubeObject>(
    resource: Resource<T>,
    { resourceVersion, namespace, labelSelector, signal }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    await before?.({ verb: 'watch', plural: resource.plural, name: undefined });
    const seen = Number(resourceVersion);
    if (seen < shared.oldest) throw kubeError('Gone', `watching ${resource.plural}`);
    let next = 1 + shared.history.findLastIndex(({ version }) => version <= seen);
    while (signal?.aborted !== true) {
      const news = shared.history.slice(next);
      next += news.length;
      for (const { plural, type, raw, version } of news) {
        if (plural !== resource.plural || !selects(raw, namespace, labelSelector)) continue;
        yield { type, object: typed(resource, raw), resourceVersion: String(version) };
      }
      if (next === shared.history.length) await nextWrite(signal);
    }
    throw kubeError('Stopped', `watching ${resource.plural}`);
  }

  function nextWrite(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        shared.listeners.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      shared.listeners.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  return {
    get: (resource, name, namespace) =>
      run({ verb: 'get', plural: resource.plural, name }, () => {
        const stored = shared.objects.get(keyIn(resource, { name, namespace }));
        return stored === undefined ? undefined : typed(resource, stored.raw);
      }),
    list: (resource, { namespace, labelSelector } = {}) =>
      run({ verb: 'list', plural: resource.plural, name: undefined }, () => ({
        items: listed(resource, namespace, labelSelector),
        resourceVersion: String(shared.version),
      })),
    create(resource, object, { dryRun } = {}) {
      const { generateName, namespace } = object.metadata;
      const name = object.metadata.name ?? `${generateName ?? ''}${randomUUID().slice(0, 5)}`;
      return run({ verb: 'create', plural: resource.plural, name }, () => {
        if (shared.objects.has(keyIn(resource, { name, namespace }))) {
          throw kubeError('AlreadyExists', `creating ${resource.plural}/${name}`);
        }
        const body = clean(object);
        if (dryRun === true)
          return typed(resource, { ...body, apiVersion: apiVersionOf(resource), kind: resource.kind });
        const owners = updateOwnership({}, ownable(body), new Map(), updateManager);
        return insert(resource, body, { name, namespace }, owners);
      });
    },
    apply: (resource, object, applyOptions) =>
      run({ verb: 'apply', plural: resource.plural, name: object.metadata.name }, () =>
        apply(resource, object, object.metadata, 'main', applyOptions),
      ),
    applyStatus: (resource, object, applyOptions) =>
      run({ verb: 'applyStatus', plural: resource.plural, name: object.metadata.name }, () =>
        apply(resource, object, object.metadata, 'status', applyOptions),
      ),
    patch: (resource, name, body, { namespace, dryRun } = {}) =>
      run({ verb: 'patch', plural: resource.plural, name }, () =>
        dryRun === true
          ? typed(resource, find(resource, { name, namespace }).raw)
          : patch(resource, { name, namespace }, body, 'main'),
      ),
    patchStatus: (resource, name, body, { namespace } = {}) =>
      run({ verb: 'patchStatus', plural: resource.plural, name }, () =>
        patch(resource, { name, namespace }, body, 'status'),
      ),
    update: (resource, object) =>
      run({ verb: 'update', plural: resource.plural, name: object.metadata.name }, () =>
        replace(resource, object.metadata, clean(object), 'main'),
      ),
    delete: (resource, name, { namespace, preconditions, dryRun } = {}) =>
      run({ verb: 'delete', plural: resource.plural, name }, () => {
        const target = { name, namespace };
        const stored = shared.objects.get(keyIn(resource, target));
        if (stored === undefined) return;
        checkPreconditions(resource, stored, preconditions);
        if (dryRun === true) return;
        if (hasFinalizers(stored.metadata)) {
          if (stored.metadata.deletionTimestamp !== undefined) return;
          const deletionTimestamp = new Date(clock.now()).toISOString().replace(/\.\d+Z/, 'Z');
          const metadata = {
            ...stored.metadata,
            deletionTimestamp,
            resourceVersion: String(++shared.version),
          };
          const raw = { ...stored.raw, metadata };
          shared.objects.set(keyIn(resource, target), { ...stored, raw, metadata });
          record(resource, 'Modified', raw);
          return;
        }
        shared.objects.delete(keyIn(resource, target));
        const metadata = { ...stored.metadata, resourceVersion: String(++shared.version) };
        record(resource, 'Deleted', { ...stored.raw, metadata });
      }),
    watch,
    async close() {},
    writes: () => shared.writes,
    forgetHistory() {
      shared.oldest = shared.version;
    },
    connect: (other) => connect(shared, other),
  };
}

function checkPreconditions(resource: Resource<KubeObject>, stored: Stored, given: unknown): void {
  for (const member of ['resourceVersion', 'uid']) {
    const wanted = stringMember(given, member);
    if (wanted !== undefined && wanted !== stored.metadata[member]) {
      throw kubeError('Conflict', `${resource.plural}/${String(stored.metadata.name)} has another ${member}`);
    }
  }
}

function hasFinalizers(metadata: Record<string, unknown>): boolean {
  return Array.isArray(metadata.finalizers) && metadata.finalizers.length > 0;
}

/** The manager of every write that is no apply. Real API servers know one for each client. */
const updateManager = 'update';

/** What can have an owner: all but what names the object or is the API server's own. */
function ownable(raw: Record<string, unknown>): Record<string, unknown> {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = raw;
  const { labels, annotations, finalizers, ownerReferences } = isRecord(metadata) ? metadata : {};
  const owned = clean({ labels, annotations, finalizers, ownerReferences });
  return clean(Object.keys(owned).length === 0 ? rest : { ...rest, metadata: owned });
}

/** As it would look after a trip over the wire: no undefined, nothing shared. */
function clean(value: object): Record<string, unknown> {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return isRecord(copy) ? copy : {};
}

function withoutVersion(object: Record<string, unknown>): Record<string, unknown> {
  if (!isRecord(object.metadata)) return object;
  const { resourceVersion: _version, uid: _uid, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function selects(raw: Record<string, unknown>, namespace?: string, labelSelector?: string): boolean {
  if (namespace !== undefined && stringMember(raw.metadata, 'namespace') !== namespace) return false;
  if (labelSelector === undefined || labelSelector === '') return true;
  const labels = isRecord(raw.metadata) ? raw.metadata.labels : undefined;
  return labelSelector.split(',').every((term) => {
    const [name = '', value] = term.split('=');
    return stringMember(labels, name) === value;
  });
}
