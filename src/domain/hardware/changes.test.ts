import { describe, expect, it } from 'vitest';
import { changesBetween, partsOf } from './changes.ts';
import { systemUuid } from './system-uuid.ts';

const nic = (mac: string) => ({ mac });
const disk = (serial: string | undefined, path = '/dev/sda', removable = false) => ({
  path,
  serial,
  removable,
});

describe('changes of hardware', () => {
  it.each([
    ['are none in another order', [nic('b'), nic('a')], [disk('y'), disk('x')], [], []],
    ['are a NIC that came', [nic('a'), nic('b'), nic('c')], [disk('x'), disk('y')], ['NIC c'], []],
    ['are a disk that was replaced', [nic('a'), nic('b')], [disk('x'), disk('z')], ['disk z'], ['disk y']],
    [
      'are no stick that was put in',
      [nic('a'), nic('b')],
      [disk('x'), disk('y'), disk('u', '/dev/sdb', true)],
      [],
      [],
    ],
    ['are all that went', [], [], [], ['NIC a', 'NIC b', 'disk x', 'disk y']],
  ])('%s', (_, nics, disks, came, went) => {
    const before = partsOf({ nics: [nic('a'), nic('b')], disks: [disk('x'), disk('y')] });
    expect(changesBetween(before, partsOf({ nics, disks }))).toEqual({ came, went });
  });

  it('know a disk without serial number by its path', () => {
    expect(partsOf({ nics: [], disks: [disk(undefined, '/dev/disk/by-path/1')] }).disks).toEqual([
      '/dev/disk/by-path/1',
    ]);
  });
});

describe('a SMBIOS UUID', () => {
  it.each([
    ['564D9E4C-8D2F-4D6B-9A63-5F8E4C1B2A3D', '564d9e4c-8d2f-4d6b-9a63-5f8e4c1b2a3d'],
    ['00000000-0000-0000-0000-000000000000', undefined],
    ['FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', undefined],
    ['03000200-0400-0500-0006-000700080009', undefined],
    ['Not Settable', undefined],
    [undefined, undefined],
  ])('%s is %s', (text, expected) => {
    expect(systemUuid(text)).toBe(expected);
  });
});
