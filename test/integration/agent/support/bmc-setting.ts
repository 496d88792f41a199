import type { AgentTask } from '../../../../src/api/agent/schema.ts';
import { type Machine, machineKind } from '../../../../src/api/machine/schema.ts';
import { createBmcSetupController } from '../../../../src/controllers/bmc-setup/controller.ts';
import { bmcSecretName } from '../../../../src/controllers/bmc-setup/credentials-secret.ts';
import { type BmcSetupPolicy, bmcSetupOrder } from '../../../../src/controllers/bmc-setup/policy.ts';
import { sealingKeyIn } from '../../../../src/controllers/bmc-setup/sealing-key.ts';
import { secrets } from '../../../../src/kube/core-resources.ts';
import { createMemoryClient } from '../../../../src/kube/memory-client.ts';
import { storeBmcReport } from '../../../../src/rack/reports/bmc-report.ts';
import { startTestOperator } from '../../../fixtures/controllers.ts';
import type { FakeBmcDesk } from './fake-rack.ts';
import { type RackAndBmc, rackAndBmc, storedMachine } from './rack-and-bmc.ts';
import { startSimulatedBmc } from './simulated-bmc.ts';
import { mac } from './virtual-machine.ts';

/** All around one machine whose BMC is set up from within: its BMC, and an operator that takes the credentials from the agent. */
export interface BmcSetting {
  /** What QEMU needs to give the machine its BMC. */
  qemuArguments: readonly string[];
  /** Where the rack takes the agent's reports, and finds the operator's answers. */
  desk: FakeBmcDesk;
  /** What a rack does with the BMC over the network. */
  rack: RackAndBmc;
  status(): Promise<Machine['status']>;
  /** Begins a boot generation. @returns its inventory, with the order that the operator would give */
  beginCommissioning(generation: number): Promise<AgentTask>;
  /** Begins a MachineAction RotateBmcCredentials on the machine, which is through with its commissioning. */
  orderRotation(id: string): Promise<void>;
  /** Says what a rack says that has carried it out. */
  reportRotation(id: string): Promise<void>;
  /** The password that is in use. */
  password(): Promise<string>;
  /** All that were seen in use, and all that are stored. */
  passwords(): Promise<readonly string[]>;
  /** What anybody could have read so far: each status that the machine had while it was set up, and the events. */
  shown(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const name = 'test-machine';
const namespace = 'metalwright-system';
const policy: BmcSetupPolicy = {
  enabled: true,
  user: 'metalwright',
  privilege: 'Administrator',
  cipherSuites: ['17', '3'],
  bmcKey: false,
  rotateAfterDays: 0,
};
const running = { action: 'RotateBmcCredentials', outcome: 'Running', message: '' } as const;

/** @param directory for what the simulated BMC keeps */
export async function startBmcSetting(directory: string): Promise<BmcSetting> {
  const client = createMemoryClient();
  await client.create(machineKind, {
    metadata: { name, labels: { 'metalwright.dev/enlisted-by': 'node-1' } },
    spec: { macAddresses: [mac], architecture: 'amd64', approved: true },
  });
  const sealingKey = sealingKeyIn(client, namespace);
  const operator = await startTestOperator(client, namespace);
  operator.run(createBmcSetupController({ ...operator.deps, namespace, sealingKey, policy }));
  const bmc = await startSimulatedBmc(directory);
  const statuses: string[] = [];
  const used = new Set<string>();

  const stored = (): Promise<Machine> => storedMachine(client, name);

  async function applyStatus(status: Machine['status'], fieldManager: string): Promise<void> {
    await client.applyStatus(machineKind, { metadata: { name }, status }, { fieldManager });
  }

  async function keepStatus(): Promise<Machine['status']> {
    const { status } = await stored();
    statuses.push(JSON.stringify(status));
    return status;
  }

  async function secret(): Promise<ReadonlyMap<string, string>> {
    const found = await client.get(secrets, bmcSecretName(name), namespace);
    const data = Object.entries(found?.data ?? {});
    return new Map(data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
  }

  return {
    qemuArguments: bmc.qemuArguments,
    rack: rackAndBmc(client, name, namespace, bmc.lanPort),
    desk: {
      async report(report) {
        const { task, boot } = (await stored()).status ?? {};
        const at = new Date().toISOString();
        const whole = { ...report, task: task?.id ?? '', generation: boot?.generation ?? 0, at };
        await storeBmcReport(name, whole, client);
        await keepStatus();
      },
      async answer(offer) {
        const status = await keepStatus();
        return status?.bmcSetup?.offer === offer ? status.bmcSetup : { state: 'Waiting' };
      },
    },
    status: async () => (await stored()).status,
    async beginCommissioning(generation) {
      const { publicKey } = await sealingKey();
      const order = bmcSetupOrder(await stored(), generation, { policy, publicKey });
      if (order === undefined) throw new Error('the operator gives no order to set the BMC up');
      const task = { id: `g${generation}-inventory`, kind: 'Inventory' as const, bmc: order };
      const boot = { generation, target: 'EphemeralOS' as const };
      await applyStatus({ boot, task: { ...task, generation } }, 'test');
      return task;
    },
    async orderRotation(id) {
      const generation = (await stored()).status?.boot?.generation ?? 0;
      const boot = { generation, target: 'Disk' as const };
      await applyStatus({ boot, action: { name: 'rotate', uid: id, ...running } }, 'test');
    },
    async reportRotation(id) {
      const at = new Date().toISOString();
      await applyStatus({ bmcRotationResult: { id, rack: 'r', outcome: 'Succeeded', at } }, 'test-rack');
    },
    async password() {
      const password = (await secret()).get('password') ?? '';
      if (password !== '') used.add(password);
      return password;
    },
    async passwords() {
      const words = [...(await secret()).values()];
      return [...new Set([...used, ...words.filter((word) => /^[A-Za-z0-9]{16,20}$/.test(word))])];
    },
    async shown() {
      await keepStatus();
      return [...statuses, JSON.stringify(operator.events)];
    },
    async stop() {
      await operator.stop();
      await bmc.stop();
    },
  };
}
