import { describe, expect, it } from 'vitest';
import { aSubnet } from '../../../test/fixtures/objects.ts';
import { findCondition } from '../../api/conditions.ts';
import { RackStatus, rackServices } from '../../api/rack/schema.ts';
import type { Attachment } from '../world/topology.ts';
import { describeSelf, type SelfObservation } from './status.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

function attachment(name: string, vlan: string | undefined, ...addresses: string[]): Attachment {
  return {
    interface: {
      name,
      mac: '02:00:00:00:00:01',
      addresses: addresses.map((address) => ({ family: 4, address, cidr: `${address}/24` })),
    },
    vlan,
    subnets: vlan === undefined ? [] : [{ subnet: aSubnet(), address: addresses[0] ?? '' }],
  };
}

const served = attachment('eth1', 'vlan-1', '10.0.0.2');

const storage = {
  leases: undefined,
  snapshot: undefined,
  damagedSnapshot: undefined,
  snapshotWritten: true,
};

function seen(part: Partial<SelfObservation> = {}): SelfObservation {
  return {
    generation: 3,
    version: '1.0.0',
    httpUrl: 'http://10.0.0.2:7480',
    attachments: [served],
    services: [{ name: 'Dhcp4', state: 'Running' }],
    leases: 7,
    ...part,
  };
}

describe("a rack's own status", () => {
  it.each<[string, Partial<SelfObservation>, 'Ready' | 'Stalled', string]>([
    ['is ready when it serves a network', {}, 'Ready', 'serves eth1'],
    [
      'waits for a person when no interface is in a subnet',
      { attachments: [] },
      'Stalled',
      'no interface has an address',
    ],
    [
      'waits for a person when a service cannot run',
      { services: [{ name: 'Tftp', state: 'Failed', message: 'eth1: port 69 is taken' }] },
      'Stalled',
      'Tftp: eth1: port 69 is taken',
    ],
    [
      'does not mind a service that was disabled',
      { services: [{ name: 'Tftp', state: 'Disabled' }] },
      'Ready',
      'serves',
    ],
  ])('%s', (_sentence, part, state, message) => {
    const { conditions } = describeSelf(seen(part), undefined, now);
    for (const type of ['Ready', 'Reconciling', 'Stalled']) {
      expect(findCondition(conditions, type)).toMatchObject({
        status: type === state ? 'True' : 'False',
        observedGeneration: 3,
        message: expect.stringContaining(message),
      });
    }
  });

  it.each<[string, Partial<SelfObservation>, string, { status: string; reason: string; message?: unknown }]>([
    ['a service serves', {}, 'Dhcp4Serving', { status: 'True', reason: 'Serving' }],
    [
      'a service is disabled',
      { services: [{ name: 'Tftp', state: 'Disabled' }] },
      'TftpServing',
      { status: 'False', reason: 'Disabled' },
    ],
    [
      'a port is taken',
      { services: [{ name: 'Tftp', state: 'Failed', reason: 'PortInUse', message: 'eth1: by dnsmasq' }] },
      'TftpServing',
      { status: 'False', reason: 'PortInUse', message: 'eth1: by dnsmasq' },
    ],
    ['leases are stored', { storage }, 'LeasesStored', { status: 'True', reason: 'Stored' }],
    [
      'leases cannot be stored',
      { storage: { ...storage, leases: 'ENOSPC' } },
      'LeasesStored',
      { status: 'False', reason: 'LeaseDiskFailed', message: expect.stringContaining('ENOSPC') },
    ],
    [
      'leases cannot be stored',
      { storage: { ...storage, leases: 'ENOSPC' } },
      'Ready',
      { status: 'False', reason: 'LeaseDiskFailed' },
    ],
    ['the world is stored', { storage }, 'SnapshotStored', { status: 'True', reason: 'Stored' }],
    [
      'the snapshot was damaged',
      { storage: { ...storage, snapshotWritten: false, damagedSnapshot: '/s.damaged' } },
      'SnapshotStored',
      { status: 'False', reason: 'Damaged', message: expect.stringContaining('/s.damaged') },
    ],
    [
      'a new snapshot replaced the damaged one',
      { storage: { ...storage, damagedSnapshot: '/s.damaged' } },
      'SnapshotStored',
      { status: 'True', reason: 'DamagedReplaced', message: expect.stringContaining('/s.damaged') },
    ],
    [
      'the world cannot be stored',
      { storage: { ...storage, snapshot: 'EIO' } },
      'SnapshotStored',
      { status: 'False', reason: 'DiskFailed', message: expect.stringContaining('EIO') },
    ],
    [
      'the admin endpoint is open',
      { admin: { problem: undefined } },
      'AdminServing',
      { status: 'True', reason: 'Serving' },
    ],
    [
      'the admin endpoint is not open',
      { admin: { problem: 'held by nginx' } },
      'AdminServing',
      { status: 'False', reason: 'Failed', message: 'held by nginx' },
    ],
  ])('says by itself that %s', (_sentence, part, type, condition) => {
    const { conditions } = describeSelf(seen(part), undefined, now);
    expect(findCondition(conditions, type)).toMatchObject(condition);
  });

  it('has no more conditions than the schema takes', () => {
    const services = rackServices.map((name) => ({ name, state: 'Running' as const }));
    const { conditions } = describeSelf(
      seen({ services, storage, admin: { problem: undefined } }),
      undefined,
      now,
    );
    expect(RackStatus.safeParse({ conditions }).success).toBe(true);
    expect(conditions).toHaveLength(3 + services.length + 3);
  });

  it('is the same when nothing has changed, however late it is', () => {
    const before = describeSelf(seen(), undefined, now);
    expect(describeSelf(seen(), before, now + 3_600_000)).toEqual(before);
  });

  it('names the DHCP servers that it hears and that are no racks', () => {
    const heard = {
      device: 'eth1',
      vlan: 'vlan-1',
      address: '10.0.0.66',
      mac: undefined,
      lastSeen: now + 123,
    };
    const { foreignDhcpServers } = describeSelf(seen({ foreignDhcpServers: [heard] }), undefined, now);
    expect(foreignDhcpServers).toEqual([
      { interface: 'eth1', vlan: 'vlan-1', address: '10.0.0.66', lastSeen: '2026-01-01T00:00:00Z' },
    ]);
    expect(describeSelf(seen(), undefined, now).foreignDhcpServers).toEqual([]);
  });

  it('leaves out the interfaces of containers, and keeps one that somebody forgot to describe', () => {
    const veth = attachment('veth1', undefined, 'fe80::1');
    const other = attachment('eth2', undefined, '172.16.0.1');
    const { interfaces } = describeSelf(seen({ attachments: [veth, other, served] }), undefined, now);
    expect(interfaces?.map(({ name }) => name)).toEqual(['eth1', 'eth2']);
  });

  it('stays within what the schema takes, and drops what is not served first', () => {
    const many = Array.from({ length: 300 }, (_, index) => attachment(`c${index}`, undefined, '172.16.0.1'));
    const addresses = Array.from({ length: 40 }, (_, index) => `10.0.0.${index + 2}`);
    const status = describeSelf(
      seen({
        attachments: [...many, attachment('eth1', 'vlan-1', ...addresses)],
        services: [{ name: 'Tftp', state: 'Failed', message: 'x'.repeat(5_000) }],
      }),
      undefined,
      now,
    );
    expect(status.interfaces).toHaveLength(256);
    expect(status.interfaces?.[0]?.name).toBe('eth1');
    expect(status.interfaces?.[0]?.addresses).toHaveLength(32);
    expect(status.services?.[0]?.message).toHaveLength(1024);
  });
});
