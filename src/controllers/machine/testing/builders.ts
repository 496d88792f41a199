import type { Allocation } from '../../../api/allocation/schema.ts';
import type { BootImage } from '../../../api/boot-image/schema.ts';
import type { HardwareSummary } from '../../../api/machine/hardware.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import type { MachineSpec } from '../../../api/machine/spec.ts';
import type { MachineStatus } from '../../../api/machine/status.ts';
import type { MachineAction, MachineActionSpec } from '../../../api/machine-action/schema.ts';
import { apiVersion, type ObjectMeta } from '../../../api/meta.ts';
import type { Observed } from '../observed.ts';

/** When tests take place: milliseconds since the epoch. */
export const testNow = Date.parse('2026-03-01T12:00:00Z');

/** RFC 3339, so many seconds before {@link testNow}. */
export function ago(seconds: number): string {
  return `${new Date(testNow - seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** A machine that is approved and has a BMC, unless told otherwise. */
export function aMachine(
  status: MachineStatus | undefined,
  spec: Partial<MachineSpec> = {},
  metadata: Partial<ObjectMeta> = {},
): Machine {
  return {
    apiVersion,
    kind: 'Machine',
    metadata: {
      name: 'm1',
      uid: 'machine-uid',
      resourceVersion: '7',
      generation: 1,
      finalizers: ['metalwright.dev/machine'],
      ...metadata,
    },
    spec: {
      macAddresses: ['52:54:00:00:00:01'],
      architecture: 'amd64',
      bmc: { driver: 'redfish', address: 'https://192.0.2.1', credentialsSecret: 'bmc' },
      approved: true,
      zone: 'default',
      pool: 'default',
      tags: [],
      locked: false,
      maintenance: false,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** An Allocation `default/web` of image `debian-12`. */
export function anAllocation(
  spec: Partial<Allocation['spec']> = {},
  metadata: Partial<ObjectMeta> = {},
  status?: Allocation['status'],
): Allocation {
  return {
    apiVersion,
    kind: 'Allocation',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'allocation-uid',
      resourceVersion: '3',
      generation: 1,
      finalizers: ['metalwright.dev/release'],
      creationTimestamp: ago(600),
      ...metadata,
    },
    spec: { image: 'debian-12', constraints: {}, sshKeys: [], erase: 'Quick', priority: 0, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** How a Machine names that Allocation. */
export const reference = { namespace: 'default', name: 'web', uid: 'allocation-uid' } as const;

/** An imported disk image, Ready. */
export function anImage(over: Partial<BootImage['spec']> = {}, ready = true): BootImage {
  return {
    apiVersion,
    kind: 'BootImage',
    metadata: { name: 'debian-12' },
    spec: {
      os: 'debian',
      release: '12',
      architecture: 'amd64',
      purpose: 'Disk',
      artifacts: [{ role: 'Disk', source: { file: { path: '/images/d' } }, format: 'Raw' }],
      ...over,
    },
    ...(ready
      ? {
          status: {
            artifacts: [{ role: 'Disk', digest: `sha256:${'a'.repeat(64)}`, sizeBytes: 1, rawSizeBytes: 1 }],
            conditions: [
              {
                type: 'Ready',
                status: 'True',
                reason: 'Imported',
                message: '',
                lastTransitionTime: ago(900),
              },
            ],
          },
        }
      : {}),
  };
}

/** An action on `m1`. */
export function anAction(
  action: MachineActionSpec['action'],
  over: {
    name?: string;
    status?: MachineAction['status'];
    message?: string;
    parameters?: MachineActionSpec['parameters'];
  } = {},
): MachineAction {
  const { name = action.toLowerCase(), status, message, parameters } = over;
  return {
    apiVersion,
    kind: 'MachineAction',
    metadata: { name, uid: `${name}-uid`, resourceVersion: '5', generation: 1, creationTimestamp: ago(60) },
    spec: {
      ...{ machine: 'm1', action },
      ...(parameters === undefined ? {} : { parameters }),
      ...(message === undefined ? {} : { message }),
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** What an inventory comes to. */
export const someHardware: HardwareSummary = {
  firmware: 'BIOS',
  cores: 2,
  threads: 2,
  memoryMiB: 2048,
  nics: 1,
  disks: [{ name: 'sda', sizeBytes: 10_000_000_000, kind: 'SSD' }],
};

/** A world around a machine. */
export function seen(machine: Machine, over: Partial<Omit<Observed, 'machine'>> = {}): Observed {
  return {
    machine,
    hardware: someHardware,
    allocation: undefined,
    image: undefined,
    addresses: [],
    actions: [],
    rackUrl: 'http://192.0.2.7:8080',
    ...over,
  };
}
