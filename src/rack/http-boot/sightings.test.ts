import { describe, expect, it } from 'vitest';
import type { DhcpSighting } from '../dhcp4/ports.ts';
import { createSightings } from './sightings.ts';

const seen = (mac: string, address: string, more: Partial<DhcpSighting> = {}): DhcpSighting => ({
  ...{ mac, address, device: 'eth0', vlan: 'v', subnet: 's', architecture: 0, stage: 'Ack', client: 'PXE' },
  ...more,
});

describe('sightings', () => {
  it('give an address to whom it was acknowledged last', () => {
    const sightings = createSightings({ clock: { now: () => 0 } });
    sightings.seen(seen('a', '10.0.0.1'));
    sightings.seen(seen('b', '10.0.0.1'));
    expect(sightings.byAddress('10.0.0.1')?.mac).toBe('b');
    expect(sightings.byMac('a')).toBeUndefined();
  });

  it('know several addresses of one interface, the latest first', () => {
    const sightings = createSightings({ clock: { now: () => 0 } });
    sightings.seen(seen('a', '10.0.0.1'));
    sightings.seen(seen('a', '10.0.0.2'));
    expect(sightings.byAddress('10.0.0.1')?.mac).toBe('a');
    expect(sightings.byMac('a')?.address).toBe('10.0.0.2');
  });

  it('take no offer for a sighting', () => {
    const sightings = createSightings({ clock: { now: () => 0 } });
    sightings.seen(seen('a', '10.0.0.1', { stage: 'Discover' }));
    expect(sightings.byAddress('10.0.0.1')).toBeUndefined();
  });

  it('keep what the firmware said when the operating system renews', () => {
    const sightings = createSightings({ clock: { now: () => 0 } });
    sightings.seen(seen('a', '10.0.0.1', { architecture: 11 }));
    sightings.seen(seen('a', '10.0.0.1', { architecture: undefined, client: 'OS' }));
    expect(sightings.byMac('a')?.architecture).toBe(11);
  });

  it('end after their time, and when there are too many', () => {
    let now = 0;
    const sightings = createSightings({ clock: { now: () => now }, lifetimeMs: 100, most: 2 });
    for (const [index, mac] of ['a', 'b', 'c'].entries()) sightings.seen(seen(mac, `10.0.0.${index}`));
    expect(sightings.byMac('a')).toBeUndefined();
    expect(sightings.byMac('b')).toBeDefined();
    now = 101;
    expect(sightings.byMac('c')).toBeUndefined();
    expect(sightings.byAddress('10.0.0.2')).toBeUndefined();
  });
});
