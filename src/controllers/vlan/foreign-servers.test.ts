import { describe, expect, it } from 'vitest';
import { aRack, aVlan } from '../../../test/fixtures/objects.ts';
import type { DhcpMode } from '../../api/vlan/schema.ts';
import { type ForeignServer, foreignServersOf, tellChanges } from './foreign-servers.ts';

const mac = '52:54:00:99:00:01';
const early = '2026-01-01T00:00:00Z';
const late = '2026-01-01T00:05:00Z';

const hears = (rack: string, vlan: string, address: string, lastSeen: string, heardMac?: string) =>
  aRack({
    name: rack,
    status: {
      foreignDhcpServers: [
        { interface: 'eth1', vlan, address, lastSeen, ...(heardMac === undefined ? {} : { mac: heardMac }) },
      ],
    },
  });

describe('the foreign DHCP servers of a VLAN', () => {
  it('are what its racks hear, each server once, by the rack that heard it last', () => {
    const racks = [
      hears('rack-2', 'v', '10.0.0.66', late),
      hears('rack-1', 'v', '10.0.0.66', early, mac),
      hears('rack-3', 'v', '10.0.0.65', early),
      hears('rack-4', 'other', '10.0.0.64', late),
      aRack({ name: 'rack-5' }),
    ];
    expect(foreignServersOf(racks, 'v')).toEqual([
      { address: '10.0.0.65', rack: 'rack-3', lastSeen: early },
      { address: '10.0.0.66', mac, rack: 'rack-2', lastSeen: late },
    ]);
  });

  it('are no more than a status takes', () => {
    const racks = Array.from({ length: 70 }, (_, index) =>
      hears(`rack-${index}`, 'v', `10.0.0.${index}`, early),
    );
    expect(foreignServersOf(racks, 'v')).toHaveLength(64);
  });
});

describe('what is told of them', () => {
  const server: ForeignServer = { address: '10.0.0.66', rack: 'rack-1', lastSeen: early };
  const told = (before: ForeignServer[], now: ForeignServer[], mode: DhcpMode = 'Server'): string[] => {
    const events: string[] = [];
    const vlan = aVlan({
      status: { foreignServers: before },
      spec: { dhcp: { enabled: true, mode, relayFrom: [] } },
    });
    tellChanges(vlan, now, { event: (_about, type, reason) => events.push(`${type} ${reason}`) });
    return events;
  };

  it.each<[string, string[], string[]]>([
    ['one that comes is a warning', told([], [server]), ['Warning ForeignDHCPServer']],
    ['one that stays is no news', told([server], [{ ...server, lastSeen: late }]), []],
    ['one that goes is told', told([server], []), ['Normal ForeignDHCPServerGone']],
    ['one that gives the addresses is no warning', told([], [server], 'Proxy'), []],
    ['one where racks do not answer is no warning', told([], [server], 'None'), []],
  ])('%s', (_sentence, events, expected) => {
    expect(events).toEqual(expected);
  });
});
