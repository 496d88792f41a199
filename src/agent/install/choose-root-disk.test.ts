import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RootDiskHints } from '../contract.ts';
import type { Disk } from '../inventory/types.ts';
import { aDisk } from '../testing/a-disk.ts';
import { chooseRootDisk } from './choose-root-disk.ts';

const small = aDisk({
  name: 'sda',
  sizeBytes: 10e9,
  serial: 'S1',
  wwn: '0x5000c5',
  model: 'Fast One',
  vendor: 'Acme',
});
const large = aDisk({
  name: 'sdb',
  sizeBytes: 80e9,
  rotational: true,
  kind: 'HDD',
  pciAddress: '0000:03:00.0',
});
const stick = aDisk({ name: 'sdc', sizeBytes: 4e9, removable: true, transport: 'usb', serial: 'STICK' });
const drive = aDisk({ name: 'sdd', sizeBytes: 5e9, transport: 'usb' });
const all = [large, stick, drive, small];

function chosen(disks: readonly Disk[], hints: RootDiskHints, size?: number): string {
  const choice = chooseRootDisk(disks, hints, size);
  return 'disk' in choice ? choice.disk.name : choice.code;
}

describe('the root disk', () => {
  it.each<[string, RootDiskHints, number | undefined, string]>([
    ['is the smallest that is built in', {}, undefined, 'sda'],
    ['is the smallest that holds the image', {}, 20e9, 'sdb'],
    ['is never a stick that nobody named', {}, 1e9, 'sda'],
    ['is a stick when its serial number is asked for', { serial: 'stick' }, 1e9, 'sdc'],
    ['is found by device', { deviceName: '/dev/sdb' }, undefined, 'sdb'],
    ['is found by a stable link', { deviceName: '/dev/disk/by-id/wwn-sdb' }, undefined, 'sdb'],
    ['is found by worldwide name, with or without 0x', { wwn: '5000C5' }, undefined, 'sda'],
    ['is found by a part of its model', { model: 'fast' }, undefined, 'sda'],
    ['is found by its maker', { vendor: 'acme' }, undefined, 'sda'],
    ['is found by what turns', { rotational: true }, undefined, 'sdb'],
    ['is found by the place of its controller', { pciAddress: '0000:03:00.0' }, undefined, 'sdb'],
    ['is found by size', { minSizeBytes: 50e9 }, undefined, 'sdb'],
    ['must fit every hint', { model: 'fast', rotational: true }, undefined, 'RootDiskNotFound'],
    ['is not found when there is none', { serial: 'other' }, undefined, 'RootDiskNotFound'],
    ['is too small', {}, 100e9, 'ImageTooLarge'],
    ['is too small when the one that was named is', { deviceName: 'sda' }, 20e9, 'ImageTooLarge'],
  ])('%s', (_name, hints, size, expected) => expect(chosen(all, hints, size)).toBe(expected));

  it('is the same whatever the order of the disks', () => {
    const twins = ['sda', 'sdb', 'sdc'].map((name) => aDisk({ name }));
    fc.assert(
      fc.property(fc.shuffledSubarray(twins, { minLength: 3 }), (disks) => {
        expect(chosen(disks, {})).toBe('sda');
      }),
    );
  });

  it('says what was asked for and what is there', () => {
    const choice = chooseRootDisk(all, { serial: 'other' }, undefined);
    expect('message' in choice && choice.message).toContain('serial=other');
    expect('message' in choice && choice.message).toContain('sda (9537 MiB SSD, serial S1)');
  });
});
