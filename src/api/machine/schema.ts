import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';
import { MachineSpec } from './spec.ts';
import { MachineStatus } from './status.ts';

export type Machine = CustomResource<MachineSpec, MachineStatus>;

export const machineKind = defineKind<Machine>({
  plural: 'machines',
  singular: 'machine',
  kind: 'Machine',
  shortNames: ['mwm'],
  namespaced: false,
  description: 'One physical or virtual server, known by its MAC addresses.',
  properties: { spec: MachineSpec, status: MachineStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    {
      name: 'Step',
      type: 'string',
      jsonPath: '.status.timeline.awaited',
      description: 'The step of its boot that is to come next.',
    },
    { name: 'Power', type: 'string', jsonPath: '.status.powerState' },
    { name: 'Allocation', type: 'string', jsonPath: '.status.allocation.name' },
    { name: 'Cores', type: 'integer', jsonPath: '.status.hardware.cores' },
    { name: 'Memory', type: 'integer', jsonPath: '.status.hardware.memoryMiB', description: 'MiB' },
    { name: 'Address', type: 'string', jsonPath: '.status.addresses[0].address' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    {
      name: 'Late',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Late")].reason',
      description: 'Whether that step is late.',
      priority: 1,
    },
    { name: 'Zone', type: 'string', jsonPath: '.spec.zone', priority: 1 },
    { name: 'Pool', type: 'string', jsonPath: '.spec.pool', priority: 1 },
    {
      name: 'Approved',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Approved")].reason',
      priority: 1,
    },
    { name: 'Vendor', type: 'string', jsonPath: '.status.hardware.vendor', priority: 1 },
    { name: 'Product', type: 'string', jsonPath: '.status.hardware.product', priority: 1 },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
    },
  ],
  selectableFields: ['.spec.pool', '.spec.zone', '.status.phase'],
});
