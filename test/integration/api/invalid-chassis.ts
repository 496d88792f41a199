import { type Invalid, row } from './invalid-row.ts';

/** Chassis that the API server itself must refuse when they are created. */
export const invalidChassis: readonly Invalid[] = [
  row('a driver that lists no nodes', 'chassis', 'spec.bmc.driver', 'ipmi', 'spec.bmc.driver', '"proxmox"'),
  row(
    'a manager without an address',
    'chassis',
    'spec.bmc.address',
    undefined,
    'spec.bmc.address',
    'required',
  ),
  row(
    'a manager without a Secret',
    'chassis',
    'spec.bmc.credentialsSecret',
    undefined,
    'spec.bmc.credentialsSecret',
    'required',
  ),
  row(
    'a parameter that is about one node',
    'chassis',
    'spec.bmc.parameters',
    { vm: '100' },
    'spec.bmc.parameters',
    'no such parameter',
  ),
  row('a chassis with a dot in its name', 'chassis', 'metadata.name', 'a.b', 'without dots'),
  row('a prefix in upper case', 'chassis', 'spec.namePrefix', 'Rack-', 'spec.namePrefix'),
  row('an empty pattern', 'chassis', 'spec.include', [''], 'spec.include[0]'),
  row('33 patterns', 'chassis', 'spec.exclude', Array(33).fill('x'), 'spec.exclude', 'at most 32'),
  row(
    'an architecture that is not supported',
    'chassis',
    'spec.defaults.architecture',
    's390x',
    'spec.defaults.architecture',
  ),
];
