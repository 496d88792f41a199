import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Recording, replay } from '../testing/recorded-files.ts';
import { collectInventory } from './collect.ts';
import type { Inventory } from './types.ts';

const fixture = new URL('../testing/fixtures/bios-server.json', import.meta.url);
const nothing: Recording = { texts: {}, bytes: {}, lists: {}, links: {} };

describe('the inventory of a recorded machine with two sockets', () => {
  let recording: Recording;
  let inventory: Inventory;
  beforeAll(async () => {
    recording = JSON.parse(await readFile(fixture, 'utf8'));
    inventory = await collectInventory(replay(recording));
  });

  it('names the system, its board and its firmware', () => {
    expect(inventory.system).toEqual({
      uuid: '6fa459ea-ee8a-3ca4-894e-db77e160355e',
      vendor: 'Acme',
      product: 'Rackbox',
      version: '1.0',
      serial: 'SN-1',
      boardVendor: 'Acme',
      boardProduct: 'Board9',
      chassisType: 'Other',
    });
    expect(inventory.firmware).toMatchObject({ mode: 'BIOS', vendor: 'SeaBIOS', date: '04/01/2014' });
    expect(inventory.firmware.secureBoot).toBeUndefined();
    expect(inventory.tpm).toBeUndefined();
  });

  it('counts cores and threads a socket, and processors and memory a NUMA node', () => {
    expect(inventory.cpus).toMatchObject([
      { socket: 0, cores: 2, threads: 2, maxMHz: 2000 },
      { socket: 1, cores: 2, threads: 2, maxMHz: 2000 },
    ]);
    expect(inventory.numaNodes).toEqual([
      { id: 0, cpus: [0, 1], memoryMiB: 962 },
      { id: 1, cpus: [2, 3], memoryMiB: 1005 },
    ]);
  });

  it('reads the memory modules, and adds them up', () => {
    expect(inventory.memory).toMatchObject({
      totalMiB: 2048,
      dimms: [{ slot: 'DIMM 0', sizeMiB: 2048, speedMHz: 3200, manufacturer: 'DimmCo', partNumber: 'P-1' }],
    });
  });

  it('tells network cards with driver, link and place', () => {
    expect(inventory.nics).toMatchObject([
      {
        name: 'enp0s2',
        mac: '52:54:00:12:34:56',
        driver: 'virtio_net',
        link: true,
        pciAddress: '0000:00:02.0',
      },
      {
        name: 'enp0s6',
        mac: '52:54:00:aa:bb:cc',
        driver: 'e1000e',
        link: false,
        product: '82574L Gigabit Network Connection',
      },
    ]);
  });

  it('tells disks by kind, transport and a path that stays', () => {
    const brief = inventory.disks.map(({ name, kind, transport, path, serial, removable }) => [
      name,
      kind,
      transport,
      path,
      serial,
      removable,
    ]);
    expect(brief).toEqual([
      ['nvme0n1', 'NVMe', 'nvme', '/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_NVME1', 'NVME1', false],
      ['sda', 'HDD', 'sata', '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4', 'SATA1', false],
      [
        'sdb',
        'HDD',
        'usb',
        '/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_1-0000:00:05.0-1-0:0',
        '1-0000:00:05.0-1',
        true,
      ],
      ['vda', 'HDD', 'virtio', '/dev/disk/by-id/virtio-VIRT1', 'VIRT1', false],
    ]);
  });

  it('names PCI and USB devices, and finds the display among them', () => {
    expect(inventory.pci.find(({ address }) => address === '0000:00:1f.2')).toEqual({
      address: '0000:00:1f.2',
      class: '010601',
      vendorId: '8086',
      deviceId: '2922',
      driver: 'ahci',
      vendor: 'Intel Corporation',
      device: '82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode]',
    });
    expect(inventory.usb).toMatchObject([
      { address: '2-1', vendorId: '46f4', product: 'QEMU USB HARDDRIVE' },
    ]);
    expect(inventory.gpus).toEqual([{ pciAddress: '0000:00:01.0', vendor: undefined, product: undefined }]);
  });

  it('lays what a switch said at the card that heard it', async () => {
    const neighbour = { chassisId: '00:11:22:33:44:55', portId: 'Eth1/7' };
    const withSwitch = await collectInventory(replay(recording), new Map([['enp0s2', neighbour]]));
    expect(withSwitch.nics.map(({ lldp }) => lldp)).toEqual([neighbour, undefined]);
  });

  it('still says what it can when the SMBIOS table is cut off', async () => {
    const table = '/sys/firmware/dmi/tables/DMI';
    const cut = { ...recording, bytes: { [table]: (recording.bytes[table] ?? '').slice(0, 40) } };
    const { system, disks, memory } = await collectInventory(replay(cut));
    expect(system.vendor).toBeUndefined();
    expect(disks).toHaveLength(4);
    expect(memory.totalMiB).toBe(1967);
  });
});

describe('the inventory of a machine that shows nothing', () => {
  it('is empty, not an error', async () => {
    const inventory = await collectInventory(replay(nothing));
    expect(inventory).toMatchObject({ cpus: [], disks: [], nics: [], pci: [], memory: { totalMiB: 0 } });
  });
});
