import { randomBytes } from 'node:crypto';
import type { Allocation } from '../../../src/api/allocation/schema.ts';
import { type BootImage, bootImageKind } from '../../../src/api/boot-image/schema.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import { rackKind } from '../../../src/api/rack/schema.ts';
import { createAllocationController } from '../../../src/controllers/allocation/controller.ts';
import {
  createMachineController,
  type MachineControllerDeps,
} from '../../../src/controllers/machine/controller.ts';
import { defaultMachineTimings, type MachineTimings } from '../../../src/controllers/machine/timings.ts';
import { createMachineActionController } from '../../../src/controllers/machine-action/controller.ts';
import { createInformers } from '../../../src/controllers/shared/informers.ts';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import type { EventRecorder } from '../../../src/kube/events.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { borrowPlane } from '../shared/borrow.ts';
import { operatorNamespace } from '../shared/plane.ts';

export { operatorNamespace };

/** A real API server with Metalwright's CRDs. */
export interface Setting {
  client: KubeClient;
  kubeconfigPath: string;
  stop(): Promise<void>;
}

export async function startSetting(): Promise<Setting> {
  const plane = await borrowPlane();
  const client = createKubeClient({ kubeconfigPath: plane.kubeconfigPath });
  return {
    client,
    kubeconfigPath: plane.kubeconfigPath,
    async stop() {
      await client.close();
      plane.giveBack();
    },
  };
}

/** The three controllers of one operator process, with caches of their own. */
export interface Operator {
  stop(): Promise<void>;
}

export interface OperatorOptions {
  client: KubeClient;
  timings?: Partial<MachineTimings>;
  /** For a client that fails where a test wants it to. */
  wrap?: (client: KubeClient) => KubeClient;
  fence?: { assertHeld(): void };
  /** Runs the allocation controller alone. */
  onlyAllocations?: boolean;
  /** Default: Events are dropped. */
  events?: EventRecorder;
  steps?: MachineControllerDeps['steps'];
  clock?: Clock;
}

export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { timings, fence = { assertHeld() {} }, onlyAllocations = false, steps } = options;
  const { events = { event() {}, async stop() {} }, clock = systemClock } = options;
  const client = options.wrap?.(options.client) ?? options.client;
  const log = silentLogger;
  const informers = createInformers(options.client, operatorNamespace, log);
  const all = Object.values(informers);
  for (const informer of all) informer.start();
  await Promise.all(all.map((informer) => informer.synced()));
  const deps = {
    client,
    informers,
    events,
    steps,
    clock,
    log,
    fence,
    namespace: operatorNamespace,
    timings: { ...defaultMachineTimings, ...timings },
    randomBytes,
  };
  const controllers = [
    createAllocationController(deps),
    ...(onlyAllocations ? [] : [createMachineController(deps), createMachineActionController(deps)]),
  ];
  for (const controller of controllers) controller.start();
  return {
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()));
      await Promise.all(all.map((informer) => informer.stop()));
    },
  };
}

/** Looks until it is so. Throws with `what` and what `seen` says when it is not so in time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  seen: () => unknown = () => '',
  timeoutMs = 30_000,
  pauseMs = 100,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > end) {
      throw new Error(
        `not within ${timeoutMs} ms: ${what}; seen: ${JSON.stringify(await seen(), undefined, 1)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

export function aMachine(name: string, number: number, spec: Partial<Machine['spec']> = {}) {
  const mac = `52:54:00:00:${Math.floor(number / 256)
    .toString(16)
    .padStart(2, '0')}:${(number % 256).toString(16).padStart(2, '0')}`;
  return {
    metadata: { name },
    spec: {
      macAddresses: [mac],
      architecture: 'amd64' as const,
      approved: true,
      bmc: { driver: 'redfish' as const, address: 'https://192.0.2.1', credentialsSecret: 'bmc' },
      ...spec,
    },
  };
}

export async function createImage(client: KubeClient, name: string): Promise<void> {
  const image = {
    metadata: { name },
    spec: {
      os: 'debian',
      release: '12',
      architecture: 'amd64' as const,
      purpose: 'Disk' as const,
      artifacts: [{ role: 'Disk' as const, source: { file: { path: '/images/x' } }, format: 'Raw' as const }],
    },
  };
  await client.create(bootImageKind, image);
  const now = '2026-01-01T00:00:00Z';
  const status: BootImage['status'] = {
    artifacts: [{ role: 'Disk', digest: `sha256:${'a'.repeat(64)}`, sizeBytes: 1000, rawSizeBytes: 1000 }],
    conditions: [{ type: 'Ready', status: 'True', reason: 'Imported', message: '', lastTransitionTime: now }],
  };
  await client.applyStatus(bootImageKind, { metadata: { name }, status }, { fieldManager: 'test' });
}

export async function createRack(client: KubeClient, name: string): Promise<void> {
  await client.create(rackKind, { metadata: { name }, spec: {} });
  const status = { httpUrl: 'http://192.0.2.7:8080' };
  await client.applyStatus(rackKind, { metadata: { name }, status }, { fieldManager: 'test' });
}

export function anAllocation(name: string, spec: Partial<Allocation['spec']> = {}) {
  return {
    metadata: { name, namespace: 'default' },
    spec: { image: 'debian-12', sshKeys: ['ssh-ed25519 AAAA a@b'], ...spec },
  };
}
