import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../api/agent/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Secret } from '../../kube/core-resources.ts';
import { KubeError } from '../../kube/errors.ts';
import { deleteSeed, ensureSeed, type SeedDeps, seedLabels } from './seed-secret.ts';
import { aMachine, anAllocation } from './testing/builders.ts';

const machine = aMachine({ phase: 'Deploying' });
const allocation = anAllocation({ hostname: 'web-1' });

interface World {
  deps: SeedDeps;
  stored: Record<string, Secret>;
  /** What the API server says of the machine. */
  now: { machine: Machine };
}

const heldBy = (uid: string): Machine =>
  aMachine({ phase: 'Deploying', allocation: { namespace: 'default', name: 'web', uid } });

const changed = ({ metadata, ...rest }: Machine): Machine => ({
  ...rest,
  metadata: { ...metadata, resourceVersion: 'another' },
});

/** Secrets by `namespace/name`, and random bytes that are never the same twice. */
function setting(stored: Record<string, Secret> = {}): World {
  let bytes = 0;
  const now = { machine: heldBy('allocation-uid') };
  const client = {
    get: async ({ kind }: { kind: string }, name: string, namespace?: string) =>
      kind === 'Machine' ? now.machine : stored[`${namespace}/${name}`],
    async create(_resource: unknown, object: Partial<Secret>) {
      const key = `${object.metadata?.namespace}/${object.metadata?.name}`;
      if (stored[key] !== undefined) throw new KubeError('AlreadyExists', 'there');
      stored[key] = secret(object);
      return stored[key];
    },
    async apply(_resource: unknown, object: Partial<Secret>) {
      const key = `${object.metadata?.namespace}/${object.metadata?.name}`;
      stored[key] = secret(object);
      return stored[key];
    },
    async delete(_resource: unknown, name: string, { namespace }: { namespace?: string } = {}) {
      delete stored[`${namespace}/${name}`];
    },
  };
  const randomBytes = (size: number): Uint8Array => new Uint8Array(size).fill(++bytes);
  return {
    deps: { client: client as unknown as SeedDeps['client'], namespace: 'mw', randomBytes },
    stored,
    now,
  };
}

function secret({ metadata, data }: Partial<Secret>): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { uid: 'u', resourceVersion: '1', name: '', ...metadata },
    data: data ?? {},
  };
}

const read = (stored: Secret | undefined, key: string): string =>
  Buffer.from(stored?.data?.[key] ?? '', 'base64').toString();

describe('the seed Secret', () => {
  it('is made with what the agent needs, and its token is known by its hash alone', async () => {
    const { deps, stored } = setting();
    const outcome = await ensureSeed(machine, allocation, 'http://r', deps);
    const made = stored['mw/seed-m1'];
    const files = Object.fromEntries(Object.keys(made?.data ?? {}).map((key) => [key, read(made, key)]));
    expect(Seed.parse(files).metaData).toContain('web-1');
    const hash = createHash('sha256').update(read(made, 'phoneHomeToken')).digest('hex');
    expect(outcome).toEqual({ kind: 'Ready', tokenHash: hash });
    expect(made?.metadata.ownerReferences).toMatchObject([
      { kind: 'Machine', name: 'm1', uid: 'machine-uid' },
    ]);
  });

  it('keeps its token when it is made again after a crash, and takes new content', async () => {
    const { deps, stored } = setting();
    const first = await ensureSeed(machine, allocation, 'http://r', deps);
    const second = await ensureSeed(machine, anAllocation({ hostname: 'web-2' }), 'http://r', deps);
    expect(second).toEqual(first);
    expect(read(stored['mw/seed-m1'], 'metaData')).toContain('web-2');
  });

  it('is removed when it is of another Allocation, and the work tried again', async () => {
    const { deps, stored, now } = setting();
    now.machine = heldBy('other');
    const first = await ensureSeed(machine, anAllocation({}, { uid: 'other' }), 'http://r', deps);
    now.machine = heldBy('allocation-uid');
    await expect(ensureSeed(machine, allocation, 'http://r', deps)).rejects.toMatchObject({
      code: 'ForeignSeed',
    });
    expect(stored['mw/seed-m1']).toBeUndefined();
    expect(await ensureSeed(machine, allocation, 'http://r', deps)).not.toEqual(first);
  });

  it.each([
    ['is with another Allocation', heldBy('other')],
    ['has gone on', changed(heldBy('allocation-uid'))],
    ['is with nobody', aMachine({ phase: 'Ready' })],
  ])('is not left behind by a leader that comes back when the machine %s', async (_, later) => {
    const { deps, stored, now } = setting();
    now.machine = later;
    await expect(ensureSeed(machine, allocation, 'http://r', deps)).rejects.toMatchObject({
      code: 'Conflict',
    });
    expect(stored['mw/seed-m1']).toBeUndefined();
  });

  it("does not touch another one's when such a leader comes back", async () => {
    const { deps, stored, now } = setting();
    now.machine = heldBy('other');
    await ensureSeed(machine, anAllocation({}, { uid: 'other' }), 'http://r', deps);
    await expect(ensureSeed(machine, allocation, 'http://r', deps)).rejects.toMatchObject({
      code: 'Conflict',
    });
    expect(stored['mw/seed-m1']?.metadata.labels?.[seedLabels.allocationUid]).toBe('other');
  });

  it('is removed for the Allocation that it is of, and for no other', async () => {
    const { deps, stored } = setting();
    await ensureSeed(machine, allocation, 'http://r', deps);
    await deleteSeed(machine, 'other', deps);
    expect(stored['mw/seed-m1']?.metadata.labels?.[seedLabels.allocationUid]).toBe('allocation-uid');
    await deleteSeed(machine, 'allocation-uid', deps);
    expect(stored['mw/seed-m1']).toBeUndefined();
    await deleteSeed(machine, 'allocation-uid', deps);
  });

  const wish = anAllocation({ userDataSecret: 'ud' });
  const userData = (data: Record<string, string>) => ({
    'default/ud': secret({ metadata: { name: 'ud', namespace: 'default' }, data }),
  });
  it('holds the user data', async () => {
    const { deps, stored } = setting(
      userData({ userData: Buffer.from('#cloud-config\n').toString('base64') }),
    );
    await ensureSeed(machine, wish, 'http://r', deps);
    expect(read(stored['mw/seed-m1'], 'userData')).toBe('#cloud-config\n');
  });
  it.each<[string, Record<string, Secret>, RegExp]>([
    ['the Secret is missing', {}, /no Secret default\/ud/],
    ['it has no such key', userData({ other: 'eA==' }), /no key userData/],
    ['it is not text', userData({ userData: '/w==' }), /not UTF-8/],
  ])('is a failure in words when %s', async (_, present, message) => {
    const { deps, stored } = setting(present);
    const outcome = await ensureSeed(machine, wish, 'http://r', deps);
    expect(outcome).toEqual({ kind: 'Unavailable', message: expect.stringMatching(message) });
    expect(stored['mw/seed-m1']).toBeUndefined();
  });

  it('is a failure in words, with the way out, when the operator may not read the user data', async () => {
    const { deps } = setting();
    const refuse: SeedDeps['client']['get'] = async () => {
      throw new KubeError('Forbidden', 'no');
    };
    const outcome = await ensureSeed(machine, wish, 'http://r', {
      ...deps,
      client: { ...deps.client, get: refuse },
    });
    expect(outcome).toMatchObject({
      kind: 'Unavailable',
      message: expect.stringContaining('userData.namespaces'),
    });
  });
});
