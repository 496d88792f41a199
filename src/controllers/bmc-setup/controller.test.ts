import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestOperator, type TestOperator } from '../../../test/fixtures/controllers.ts';
import type { BmcCredentials, BmcReport } from '../../api/bmc/setup.ts';
import { credentialStoreOf } from '../../api/bmc/stored-credentials.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { sealingContext } from '../../domain/bmc-credentials.ts';
import { seal } from '../../domain/sealed-box.ts';
import { secrets } from '../../kube/core-resources.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { isBmcAddress } from './address.ts';
import { createBmcSetupController } from './controller.ts';
import { type BmcSetupPolicy, bmcSetupOrder } from './policy.ts';
import { type LoadSealingKey, sealingKeyIn, sealingSecretName } from './sealing-key.ts';

const namespace = 'metalwright-system';
const policy: BmcSetupPolicy = {
  ...{ enabled: true, user: 'metalwright', privilege: 'Administrator' },
  ...{ cipherSuites: ['17', '3'], bmcKey: false, rotateAfterDays: 30 },
};
const day = 24 * 60 * 60_000;

let client: MemoryClient;
let operator: TestOperator;
let sealingKey: LoadSealingKey;

const machine = async (name = 'm1'): Promise<Machine> => {
  const found = await client.get(machineKind, name);
  if (found === undefined) throw new Error(`no Machine ${name}`);
  return found;
};

async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline)
      throw new Error(`it did not come: ${JSON.stringify((await machine()).status)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function write(status: MachineStatus, fieldManager: string): Promise<void> {
  await client.applyStatus(machineKind, { metadata: { name: 'm1' }, status }, { fieldManager });
}

/** The machine boots, with the order to set its BMC up. */
async function boot(generation: number): Promise<void> {
  const { publicKey } = await sealingKey();
  const bmc = bmcSetupOrder(await machine(), generation, { policy, publicKey });
  const task = {
    id: `g${generation}-inventory`,
    generation,
    kind: 'Inventory',
    ...(bmc && { bmc }),
  } as const;
  await write({ boot: { generation, target: 'EphemeralOS' }, task }, 'machine');
}

interface Offer {
  offer: string;
  generation?: number;
  /** What it is sealed for, where that is something else. */
  sealedFor?: { machine?: string; generation?: number; offer?: string };
  credentials?: Partial<BmcCredentials>;
}

async function offer({ offer, generation = 1, sealedFor = {}, credentials = {} }: Offer): Promise<BmcReport> {
  const { publicKey } = await sealingKey();
  const task = `g${generation}-inventory`;
  const machineUid = (await machine()).metadata.uid ?? '';
  const context = sealingContext({ machine: 'm1', machineUid, generation, task, offer, ...sealedFor });
  const whole = {
    ...{ driver: 'ipmi', address: '192.0.2.9', username: 'metalwright', password: `password-${offer}` },
    ...credentials,
  };
  const { privateKey } = generateKeyPairSync('x25519');
  const box = seal(Buffer.from(JSON.stringify(whole)), publicKey, privateKey, context);
  const report: BmcReport = { stage: 'Offered', offer, box, task, generation, at: '2026-01-01T00:00:00Z' };
  await write({ bmcReport: report }, 'rack');
  return report;
}

async function answer(id: string): Promise<NonNullable<MachineStatus['bmcSetup']>> {
  return await eventually(async () => {
    const setup = (await machine()).status?.bmcSetup;
    return setup?.offer === id ? setup : undefined;
  });
}

async function applied(report: BmcReport): Promise<void> {
  await answer(report.offer);
  const { box: _, ...rest } = report;
  await write({ bmcReport: { ...rest, stage: 'Applied' } }, 'rack');
  await eventually(async () => (await machine()).status?.bmcSetup?.state === 'Done');
}

async function stored() {
  const secret = await client.get(secrets, 'bmc-setup-m1', namespace);
  const texts = Object.entries(secret?.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString(),
  ]);
  return { texts: Object.fromEntries(texts), ...credentialStoreOf(Object.fromEntries(texts)) };
}

beforeEach(async () => {
  client = createMemoryClient();
  await client.create(machineKind, {
    metadata: { name: 'm1', labels: { 'metalwright.dev/enlisted-by': 'node-1' } },
    spec: { macAddresses: ['52:54:00:00:00:01'], architecture: 'amd64', approved: true },
  });
  sealingKey = sealingKeyIn(client, namespace);
  operator = await startTestOperator(client, namespace);
  operator.run(createBmcSetupController({ ...operator.deps, namespace, sealingKey, policy }));
});

afterEach(() => operator.stop());

describe('credentials that an agent offers', () => {
  it('are stored first, and used once they are set', async () => {
    await boot(1);
    const report = await offer({ offer: 'a' });
    expect(await answer('a')).toMatchObject({ state: 'Stored' });
    expect((await machine()).status?.bmc).toBeUndefined();
    expect((await stored()).current).toBeUndefined();
    await applied(report);
    expect((await stored()).texts).toMatchObject({ username: 'metalwright', password: 'password-a' });
    expect((await machine()).status?.bmc).toMatchObject({
      ...{ driver: 'ipmi', address: '192.0.2.9', user: 'metalwright', credentialsSecret: 'bmc-setup-m1' },
    });
    expect(JSON.stringify((await machine()).status)).not.toContain('password-a');
    expect(operator.events).toEqual(['Machine/m1 Normal BmcSetUp']);
  });

  it('do not take the place of those in use when the agent dies before it sets them', async () => {
    await boot(1);
    await applied(await offer({ offer: 'a' }));
    await boot(2);
    await offer({ offer: 'b', generation: 2 });
    await answer('b');
    expect(await stored()).toMatchObject({ current: { id: 'a' }, candidates: [{ id: 'b' }] });
  });

  it.each<[string, Offer]>([
    ['were sealed for another machine', { offer: 'x', sealedFor: { machine: 'm2' } }],
    ['were sealed in another boot', { offer: 'x', sealedFor: { generation: 7 } }],
    ['are an earlier offer under a new name', { offer: 'x', sealedFor: { offer: 'earlier' } }],
    ['are of another user', { offer: 'x', credentials: { username: 'root' } }],
    ['lead to the rack itself', { offer: 'x', credentials: { address: '127.0.0.1' } }],
  ])('are refused when they %s', async (_sentence, wish) => {
    await boot(1);
    await offer(wish);
    expect(await answer('x')).toMatchObject({ state: 'Refused' });
    expect((await stored()).candidates).toEqual([]);
  });

  it('are refused when they come again after they were used', async () => {
    await boot(1);
    const report = await offer({ offer: 'a' });
    await applied(report);
    await applied(await offer({ offer: 'b' }));
    await write({ bmcReport: report }, 'rack');
    expect(await answer('a')).toMatchObject({ state: 'Refused', reason: 'SealedBoxRefused' });
    expect((await stored()).current).toMatchObject({ id: 'b' });
  });

  it('are refused at the address of another machine', async () => {
    await client.create(machineKind, {
      metadata: { name: 'm2' },
      spec: {
        ...{ macAddresses: ['52:54:00:00:00:02'], architecture: 'amd64' },
        bmc: { driver: 'redfish', address: 'https://192.0.2.9:8443/x', credentialsSecret: 's' },
      },
    });
    await eventually(async () => operator.informers.machines.get('m2') !== undefined);
    await boot(1);
    await offer({ offer: 'a' });
    expect(await answer('a')).toMatchObject({ state: 'Refused', reason: 'BmcAddressTaken' });
  });

  it('may fail to be set, with the reason that the agent gives', async () => {
    await boot(1);
    const { box: _, ...report } = await offer({ offer: 'a' });
    await answer('a');
    await write(
      { bmcReport: { ...report, stage: 'Failed', reason: 'BmcRefusedSetup', message: 'no' } },
      'rack',
    );
    await eventually(async () => (await machine()).status?.bmcSetup?.state === 'Failed');
    expect((await machine()).status?.bmc).toBeUndefined();
    expect(operator.events).toEqual(['Machine/m1 Warning BmcRefusedSetup']);
  });
});

describe('a rotation', () => {
  const succeed = async (id: string) =>
    await write(
      { bmcRotationResult: { id, rack: 'r', outcome: 'Succeeded', at: '2026-01-01T00:00:00Z' } },
      'rack2',
    );

  beforeEach(async () => {
    await boot(1);
    await applied(await offer({ offer: 'a' }));
    await write({ boot: { generation: 1, target: 'Disk' } }, 'machine');
  });

  it('is begun by an order: another password is stored, set by a rack, and used then', async () => {
    const order = {
      name: 'x',
      uid: 'order',
      action: 'RotateBmcCredentials',
      outcome: 'Running',
      message: '',
    } as const;
    await write({ boot: { generation: 1, target: 'Disk' }, action: order }, 'machine');
    const { id } = await eventually(async () => (await machine()).status?.bmcRotation);
    expect(id).toBe('order');
    expect(await stored()).toMatchObject({ current: { id: 'a' }, candidates: [{ id: 'order' }] });
    await succeed('order');
    await eventually(async () => (await machine()).status?.bmcRotation === undefined);
    const { current, candidates } = await stored();
    expect(current).toMatchObject({ id: 'order', username: 'metalwright', address: '192.0.2.9' });
    expect(current?.password).toHaveLength('password-a'.length);
    expect(candidates).toMatchObject([{ id: 'a' }]);
    expect((await machine()).status?.bmcSetup).toMatchObject({ offer: 'order', state: 'Done' });
  });

  it('that fails leaves what is in use', async () => {
    const order = {
      name: 'x',
      uid: 'order',
      action: 'RotateBmcCredentials',
      outcome: 'Running',
      message: '',
    } as const;
    await write({ boot: { generation: 1, target: 'Disk' }, action: order }, 'machine');
    await answer('order');
    const result = {
      id: 'order',
      rack: 'r',
      outcome: 'Failed',
      reason: 'BmcPrivilegeTooLow',
      at: '2026-01-01T00:00:00Z',
    } as const;
    await write({ bmcRotationResult: result }, 'rack2');
    await eventually(async () => (await machine()).status?.bmcSetup?.state === 'Failed');
    expect((await stored()).current).toMatchObject({ id: 'a' });
    expect((await machine()).status?.bmcSetup?.message).toContain('BmcPrivilegeTooLow');
  });

  it('is begun when the password is old', async () => {
    operator.clock.time += 31 * day;
    await write({ boot: { generation: 1, target: 'Disk' }, powerState: 'On' } as MachineStatus, 'machine');
    const { id } = await eventually(async () => (await machine()).status?.bmcRotation);
    expect(id).toMatch(/^scheduled-/);
  });

  it('ends what an agent that died had begun', async () => {
    await boot(2);
    await offer({ offer: 'b', generation: 2 });
    await answer('b');
    expect((await machine()).status?.bmcRotation).toBeUndefined();
    await write({ boot: { generation: 2, target: 'Disk' } }, 'machine');
    expect(await eventually(async () => (await machine()).status?.bmcRotation)).toMatchObject({ id: 'b' });
    await succeed('b');
    await eventually(async () => (await machine()).status?.bmcSetup?.state === 'Done');
    expect((await stored()).current).toMatchObject({ id: 'b' });
  });
});

describe('the key that agents seal to', () => {
  it('is made once, by whoever is first, and found again', async () => {
    const both = await Promise.all([sealingKeyIn(client, 'other')(), sealingKeyIn(client, 'other')()]);
    const again = await sealingKeyIn(client, 'other')();
    expect(new Set([...both, again].map(({ publicKey }) => publicKey)).size).toBe(1);
  });

  it('is not read from a Secret that holds something else', async () => {
    await client.create(secrets, { metadata: { name: sealingSecretName, namespace: 'broken' }, data: {} });
    await expect(sealingKeyIn(client, 'broken')()).rejects.toMatchObject({ code: 'SealingKeyUnusable' });
  });
});

describe('the address of a BMC', () => {
  it.each([
    ['10.0.0.5', true],
    ['192.0.2.9', true],
    ['fd00::9', true],
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['169.254.1.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['fe80::1', false],
    ['::ffff:127.0.0.1', false],
    ['bmc.example', false],
    ['10.0.0.5/x', false],
  ])('%s: %s', (address, usable) => {
    expect(isBmcAddress(address)).toBe(usable);
  });
});
