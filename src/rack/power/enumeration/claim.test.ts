import { describe, expect, it } from 'vitest';
import type { Chassis, ChassisStatus } from '../../../api/chassis/schema.ts';
import { mostNodes } from '../../../api/chassis/schema.ts';
import { decideEnumeration } from './claim.ts';
import { reportNodes } from './report.ts';

const request = { id: 'a', requestedAt: '2026-01-01T00:00:00Z' };
const begun = (id: string, rack: string, outcome: 'Running' | 'Succeeded' | 'Failed') => ({
  ...{ id, rack, generation: 1, outcome, startedAt: '2026-01-01T00:00:00Z' },
});

function aChassis(status: ChassisStatus, rack?: string): Chassis {
  return {
    apiVersion: 'metalwright.dev/v1alpha1',
    kind: 'Chassis',
    metadata: { name: 'c1' },
    spec: { bmc: { driver: 'libvirt', address: 'qemu:///system' }, ...(rack === undefined ? {} : { rack }) },
    status,
  };
}

describe('an order to list the nodes of a chassis', () => {
  it.each<[string, Chassis, number, string]>([
    ['is nothing where there is none', aChassis({}), 0, 'ignore'],
    ['is claimed where nobody has it', aChassis({ request }), 0, 'claim'],
    ['is left to the rack that the spec names', aChassis({ request }, 'r2'), 0, 'ignore'],
    ['is claimed by the rack that the spec names', aChassis({ request }, 'r1'), 0, 'claim'],
    ['is left where it has ended', aChassis({ request, result: begun('a', 'r2', 'Failed') }), 0, 'ignore'],
    [
      'is left to the one that does it',
      aChassis({ request, result: begun('a', 'r2', 'Running') }),
      9e9,
      'later',
    ],
    [
      'is taken over from one that is gone',
      aChassis({ request, result: begun('a', 'dead', 'Running') }),
      0,
      'claim',
    ],
    ['is begun anew after a restart', aChassis({ request, result: begun('a', 'r1', 'Running') }), 0, 'claim'],
    [
      'is first for who did it last',
      aChassis({ request, result: begun('z', 'r2', 'Succeeded') }),
      0,
      'later',
    ],
    [
      'is for all after a while',
      aChassis({ request, result: begun('z', 'r2', 'Succeeded') }),
      5_000,
      'claim',
    ],
    [
      'is for all where the last one failed',
      aChassis({ request, result: begun('z', 'r2', 'Failed') }),
      0,
      'claim',
    ],
  ])('%s', (_, chassis, seenForMs, kind) => {
    const view = { rackName: 'r1', isAlive: (rack: string) => rack !== 'dead', seenForMs };
    expect(decideEnumeration(chassis, view).kind).toBe(kind);
  });
});

describe('the report of a list', () => {
  const node = (name: string) => ({ name, parameters: { vm: name }, macAddresses: [] });
  it('is sorted, holds each name once, and 512 of them', () => {
    expect(reportNodes([node('b'), node('a'), node('b')])).toEqual({
      total: 3,
      nodes: [node('a'), node('b')],
    });
    const many = Array.from({ length: mostNodes + 8 }, (_, number) => node(`n${number}`));
    const { total, nodes } = reportNodes(many);
    expect([total, nodes.length]).toEqual([mostNodes + 8, mostNodes]);
  });
  it('leaves out what the API server would refuse', () => {
    const bad = [node('x'.repeat(254)), { ...node('a'), parameters: { vm: 'x'.repeat(254) } }];
    expect(reportNodes([...bad, node('c')])).toEqual({ total: 3, nodes: [node('c')] });
  });
  it('has the first 32 MAC addresses of a node', () => {
    const macAddresses = Array.from({ length: 40 }, (_, n) => `52:54:00:00:00:${(n + 16).toString(16)}`);
    expect(reportNodes([{ ...node('a'), macAddresses }]).nodes[0]?.macAddresses).toHaveLength(32);
  });
});
