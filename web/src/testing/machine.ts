import type { Machine } from '../../../src/api/machine/schema.ts';
import type { MachineSpec } from '../../../src/api/machine/spec.ts';
import type { MachineStatus } from '../../../src/api/machine/status.ts';

/** A machine for tests. */
export function aMachine(
  name: string,
  {
    version = '1',
    spec = {},
    status = {},
  }: { version?: string; spec?: Partial<MachineSpec>; status?: MachineStatus } = {},
): Machine {
  return {
    apiVersion: 'metalwright.dev/v1alpha1',
    kind: 'Machine',
    metadata: { name, resourceVersion: version },
    spec: {
      macAddresses: ['52:54:00:00:00:01'],
      architecture: 'amd64',
      approved: true,
      zone: 'default',
      pool: 'default',
      tags: [],
      locked: false,
      maintenance: false,
      ...spec,
    },
    status,
  };
}
