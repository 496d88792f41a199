import { describe, expect, it } from 'vitest';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import { SubnetSpec } from '../../api/subnet/schema.ts';
import { decideAssignment } from './assign.ts';

const mac = '52:54:00:00:00:01';
const subnet = {
  apiVersion,
  kind: 'Subnet',
  metadata: { name: 'lab' },
  spec: SubnetSpec.parse({ vlan: 'untagged', cidr: '10.0.0.0/24' }),
};

function aMachine(seen: boolean, deleting = false): Machine {
  return {
    apiVersion,
    kind: 'Machine',
    metadata: { name: 'm', ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: {
      macAddresses: [mac],
      architecture: 'amd64',
      approved: true,
      zone: 'default',
      pool: 'default',
      tags: [],
      locked: false,
      maintenance: false,
    },
    status: seen
      ? {
          bootProgress: {
            generation: 1,
            stage: 'Dhcp',
            at: '2026-01-01T00:00:00Z',
            rack: 'r',
            mac,
            subnet: 'lab',
          },
        }
      : {},
  };
}

function anAddress(address: string, purpose: 'Auto' | 'Static' = 'Auto', createdAt = ''): IpAddressObject {
  return {
    apiVersion,
    kind: 'IPAddress',
    metadata: { name: address, creationTimestamp: createdAt },
    spec: { address, subnet: 'lab', purpose, mac, machine: 'm' },
  };
}

describe('decideAssignment', () => {
  const cases: [string, Machine | undefined, IpAddressObject[], ReturnType<typeof decideAssignment>][] = [
    ['does nothing for a machine that was never seen', aMachine(false), [], { kind: 'nothing' }],
    ['assigns where the machine was seen', aMachine(true), [], { kind: 'assign', mac, subnet: 'lab' }],
    ['keeps what there is', aMachine(true), [anAddress('10.0.0.1')], { kind: 'nothing' }],
    ['keeps what a person gave', aMachine(true), [anAddress('10.0.0.1', 'Static')], { kind: 'nothing' }],
    [
      'gives the younger of two back',
      aMachine(true),
      [anAddress('10.0.0.1', 'Auto', '2026-01-02'), anAddress('10.0.0.2', 'Auto', '2026-01-01')],
      { kind: 'remove', names: ['10.0.0.1'] },
    ],
    ['gives nothing to a machine that is going', aMachine(true, true), [], { kind: 'nothing' }],
    [
      'removes what was chosen for a machine that is gone, and leaves what a person gave',
      undefined,
      [anAddress('10.0.0.1'), anAddress('10.0.0.2', 'Static')],
      { kind: 'remove', names: ['10.0.0.1'] },
    ],
  ];
  it.each(cases)('%s', (_, machine, owned, expected) => {
    expect(decideAssignment(machine, owned, (name) => (name === 'lab' ? subnet : undefined))).toEqual(
      expected,
    );
  });
});
