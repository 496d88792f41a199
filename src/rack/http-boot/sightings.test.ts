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

describe('addresses that another server gave', () => {
  const claim = (mac: string, more: Partial<DhcpSighting> = {}) =>
    seen(mac, '10.0.0.1', { overheard: true, ...more });

  function heard(neighbour: { mac: string; device: string } | undefined, clock = { now: () => 0 }) {
    return createSightings({ clock, neighbours: () => (neighbour === undefined ? [] : [neighbour]) });
  }

  it.each([
    ['count where the kernel finds that very interface there', { mac: 'a', device: 'eth0' }, 'a'],
    ['do not count where it finds another', { mac: 'thief', device: 'eth0' }, undefined],
    ['do not count where it finds it on another network', { mac: 'a', device: 'eth1' }, undefined],
    ['do not count where it finds nobody', undefined, undefined],
  ])('%s', (_sentence, neighbour, expected) => {
    const sightings = heard(neighbour);
    sightings.seen(claim('a'));
    expect(sightings.byAddress('10.0.0.1')?.mac).toBe(expected);
  });

  it('cannot be pushed away by the claim of somebody else', () => {
    const sightings = heard({ mac: 'a', device: 'eth0' });
    sightings.seen(claim('a'));
    sightings.seen(claim('b'));
    expect(sightings.byAddress('10.0.0.1')?.mac).toBe('a');
  });

  it('give way to what this rack gave itself', () => {
    const sightings = heard({ mac: 'a', device: 'eth0' });
    sightings.seen(claim('a'));
    sightings.seen(seen('b', '10.0.0.1'));
    expect(sightings.byAddress('10.0.0.1')?.mac).toBe('b');
  });

  it('are forgotten after their time, and say until then what the firmware is', () => {
    let now = 0;
    const sightings = heard({ mac: 'a', device: 'eth0' }, { now: () => now });
    sightings.seen(claim('a', { architecture: 11 }));
    sightings.seen(claim('a', { architecture: undefined }));
    expect(sightings.byMac('a')?.architecture).toBe(11);
    now = 10 * 60_000 + 1;
    expect(sightings.byAddress('10.0.0.1')).toBeUndefined();
    expect(sightings.byMac('a')).toBeUndefined();
  });
});
