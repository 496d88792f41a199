import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memTotalMiB, parseCpuInfo, parseCpuList } from './cpus.ts';
import { gpusOf, pciAddressOf } from './pci.ts';
import { parsePciIds } from './pci-ids.ts';
import { parseUdevRecord } from './udev.ts';

describe('lists of processors', () => {
  it.each([
    ['0', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['0-1,4,6-7', [0, 1, 4, 6, 7]],
    ['', []],
    ['7-3', []],
    ['nonsense', []],
    ['0-65536', []],
    ['9007199254740993', []],
  ])('%j', (text, expected) => expect(parseCpuList(text)).toEqual(expected));

  it('of more than any kernel knows is none, however often it is said', () => {
    expect(parseCpuList('0-65535')).toHaveLength(65_536);
    expect(parseCpuList(Array(100_000).fill('0-65535').join(','))).toEqual([]);
  });

  it('gives back what was written, one by one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(4095), { maxLength: 64 }), (cpus) => {
        expect(parseCpuList(cpus.join(','))).toEqual(cpus);
      }),
    );
  });
});

describe('/proc/cpuinfo', () => {
  it('tells two threads of one core apart from two cores', () => {
    const block = (processor: number, core: number): string =>
      `processor\t: ${processor}\nvendor_id\t: V\nmodel name\t: M   X\nphysical id\t: 1\ncore id\t\t: ${core}\n`;
    expect(parseCpuInfo(`${block(0, 0)}\n${block(1, 0)}`)).toEqual([
      { processor: 0, socket: 1, core: 0, vendor: 'V', model: 'M X' },
      { processor: 1, socket: 1, core: 0, vendor: 'V', model: 'M X' },
    ]);
  });
});

describe('meminfo', () => {
  it('is read for the machine and for a node', () => {
    expect(memTotalMiB('MemTotal:       2048000 kB\nMemFree: 1 kB')).toBe(2000);
    expect(memTotalMiB('Node 1 MemTotal:       1024 kB')).toBe(1);
    expect(memTotalMiB('')).toBe(0);
  });
});

describe('pci.ids', () => {
  const text =
    '# names\n8086  Intel\n\t10d3  82574L\n\t\t8086 0001  a card\n# a comment\n\t2922  AHCI\nffff  Last';
  const names = parsePciIds(text, new Set(['8086', 'ffff', '1234']));
  it.each([
    ['8086', '10d3', 'Intel', '82574L'],
    ['8086', '2922', 'Intel', 'AHCI'],
    ['8086', '0001', 'Intel', undefined],
    ['ffff', '0000', 'Last', undefined],
    ['1234', '0000', undefined, undefined],
  ])('%s:%s', (vendor, device, vendorName, deviceName) => {
    expect([names.vendor(vendor), names.device(vendor, device)]).toEqual([vendorName, deviceName]);
  });
});

describe('PCI', () => {
  it('finds the function nearest to a device', () => {
    const path = '/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.1/virtio0/net/eth0';
    expect(pciAddressOf(path)).toBe('0000:03:00.1');
    expect(pciAddressOf('/sys/devices/platform/serial')).toBeUndefined();
    expect(pciAddressOf(undefined)).toBeUndefined();
  });

  it('takes display controllers and accelerators for GPUs', () => {
    const device = (address: string, kind: string) => ({
      address,
      class: kind,
      vendorId: '10de',
      deviceId: '1',
    });
    const all = [device('a', '030200'), device('b', '120000'), device('c', '020000')];
    expect(gpusOf(all).map(({ pciAddress }) => pciAddress)).toEqual(['a', 'b']);
  });
});

describe("udev's records", () => {
  it('hold links and properties', () => {
    const record = parseUdevRecord('S:disk/by-path/b\nS:disk/by-id/a\nI:1\nE:ID_WWN=0x5=6\nV:1');
    expect(record.links).toEqual(['disk/by-id/a', 'disk/by-path/b']);
    expect(record.properties.get('ID_WWN')).toBe('0x5=6');
  });
});
