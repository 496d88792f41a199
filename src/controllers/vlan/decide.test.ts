import { describe, expect, it } from 'vitest';
import { aRack, aRackInterface, aVlan } from '../../../test/fixtures/objects.ts';
import { findCondition } from '../../api/conditions.ts';
import type { DhcpMode, Vlan } from '../../api/vlan/schema.ts';
import { decideVlan, isSilent, servesVlan, type VlanObservation } from './decide.ts';

const served: VlanObservation = {
  fabricExists: true,
  twins: [],
  racks: ['rack-1'],
  silentRacks: [],
  foreign: [],
};
const noDhcp = aVlan({ spec: { dhcp: { enabled: false, mode: 'Server', relayFrom: [] } } });

function withDhcp(mode: DhcpMode, relayFrom: string[] = []): Vlan {
  return aVlan({ spec: { dhcp: { enabled: true, mode, relayFrom } } });
}

describe('what holds of a VLAN', () => {
  it.each<[string, Vlan, Partial<VlanObservation>, string, string]>([
    ['a rack serves it', aVlan(), {}, 'Ready', 'Served'],
    ['some of its racks are silent', aVlan(), { silentRacks: ['rack-2'] }, 'Ready', 'Served'],
    ['all of its racks are silent', aVlan(), { racks: [], silentRacks: ['rack-2'] }, 'Stalled', 'RackSilent'],
    ['no rack is on it yet', aVlan(), { racks: [] }, 'Reconciling', 'NoRack'],
    ['nobody needs to serve it', noDhcp, { racks: [] }, 'Ready', 'Served'],
    [
      'it is reached through relays alone',
      withDhcp('Server', ['10.7.0.1']),
      { racks: [] },
      'Ready',
      'Served',
    ],
    ['its fabric is missing', aVlan(), { fabricExists: false }, 'Stalled', 'FabricNotFound'],
    ['another has its id', aVlan(), { twins: ['first'] }, 'Stalled', 'DuplicateVid'],
  ])('%s', (_sentence, vlan, part, type, reason) => {
    const updates = decideVlan(vlan, { ...served, ...part });
    expect(updates.filter(({ status }) => status === 'True')).toMatchObject([{ type, reason }]);
  });
});

describe('whether a rack serves a VLAN', () => {
  it.each([
    [
      'with an address in one of its subnets it does',
      aRackInterface('eth1', 'v', '10.0.0.2/24', ['s']),
      true,
    ],
    ['with an interface alone it does not', aRackInterface('eth1', 'v', '10.0.0.2/24'), false],
    ['on another VLAN it does not', aRackInterface('eth1', 'w', '10.0.0.2/24', ['s']), false],
  ])('%s', (_sentence, nic, expected) => {
    expect(servesVlan(aRack({ status: { interfaces: [nic] } }), 'v')).toBe(expected);
  });

  it('is not a matter of being heard', () => {
    const conditions = [
      { type: 'Ready', status: 'False' as const, reason: 'RackSilent', message: '', lastTransitionTime: '' },
    ];
    expect(isSilent(aRack({ status: { conditions } }))).toBe(true);
    expect(isSilent(aRack())).toBe(false);
  });
});

describe('whether another DHCP server is in the way', () => {
  const foreign = [{ address: '10.0.0.66', mac: '52:54:00:99:00:01', rack: 'rack-1', lastSeen: '' }];
  it.each<[string, Vlan, VlanObservation['foreign'], string, string, string]>([
    [
      'it is where racks give the addresses',
      withDhcp('Server'),
      foreign,
      'True',
      'ServerSeen',
      '10.0.0.66 (52:54',
    ],
    ['it is not where it gives the addresses', withDhcp('Proxy'), foreign, 'False', 'Expected', 'mode Proxy'],
    ['it is not where racks do not answer', noDhcp, foreign, 'False', 'Expected', 'mode None'],
    [
      'it is not where none is heard',
      withDhcp('Server'),
      [],
      'False',
      'NoneSeen',
      'no DHCP server but the racks',
    ],
    [
      'one is missing in mode Proxy where none is heard',
      withDhcp('Proxy'),
      [],
      'False',
      'NoneSeen',
      'start one',
    ],
  ])('%s', (_sentence, vlan, servers, status, reason, message) => {
    const condition = findCondition(
      decideVlan(vlan, { ...served, foreign: servers }).map((update) => ({
        ...update,
        lastTransitionTime: '',
      })),
      'ForeignDHCP',
    );
    expect(condition).toMatchObject({ status, reason, message: expect.stringContaining(message) });
  });
});
