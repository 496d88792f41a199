import { type Files, readNumber } from '../host/files.ts';
import { pciAddressOf } from './pci.ts';
import type { Disk } from './types.ts';
import { readUdevRecord, type UdevRecord } from './udev.ts';

/** Block devices that are not disks of their own: loops, memory, optical, mappings, boot areas of an eMMC, paths of an NVMe. */
const notDisks = /^(loop|ram|zram|sr|fd|dm-|md|nbd|mtdblock|drbd)|^mmcblk\d+(boot\d|rpmb)|^nvme\d+c\d+n\d+$/;

/** All disks, removable ones included, in the kernel's order of names. Empty slots (size 0) and read-only media are left out. */
export async function readDisks(files: Files): Promise<Disk[]> {
  const names = (await files.list('/sys/block')).filter((name) => !notDisks.test(name));
  const disks = await Promise.all(names.map((name) => readDisk(files, name)));
  return disks.flatMap((disk) => disk ?? []);
}

async function readDisk(files: Files, name: string): Promise<Disk | undefined> {
  const path = `/sys/block/${name}`;
  const sectors = (await readNumber(files, `${path}/size`)) ?? 0;
  if (sectors === 0 || (await files.readText(`${path}/ro`)) === '1') return undefined;
  const udev = await readUdevRecord(files, await files.readText(`${path}/dev`));
  const devicePath = await files.resolve(`${path}/device`);
  const rotational = (await files.readText(`${path}/queue/rotational`)) === '1';
  const property = (key: string): string | undefined => tidy(udev.properties.get(key));
  const read = async (file: string): Promise<string | undefined> =>
    tidy(await files.readText(`${path}/${file}`));
  return {
    name,
    path: stablePath(name, udev),
    // The unit of this file is 512 bytes whatever the block size of the disk is.
    sizeBytes: sectors * 512,
    kind: name.startsWith('nvme') ? 'NVMe' : rotational ? 'HDD' : 'SSD',
    rotational,
    removable: (await files.readText(`${path}/removable`)) === '1',
    transport: transportOf(name, devicePath ?? '', property('ID_BUS')),
    vendor: (await read('device/vendor'))?.replace(/^0x.*/, '') || property('ID_VENDOR'),
    model: (await read('device/model')) ?? property('ID_MODEL'),
    serial: (await read('device/serial')) ?? (await read('serial')) ?? property('ID_SERIAL_SHORT'),
    wwn:
      property('ID_WWN_WITH_EXTENSION') ??
      property('ID_WWN') ??
      (await read('wwid')) ??
      (await read('device/wwid')),
    logicalBlockBytes: (await readNumber(files, `${path}/queue/logical_block_size`)) ?? 512,
    pciAddress: pciAddressOf(devicePath),
  };
}

/** By worldwide name first, then by maker and serial number, then by place; else the device itself. */
function stablePath(name: string, udev: UdevRecord): string {
  const orders = [/^disk\/by-id\/(wwn-|nvme-eui|nvme-nguid)/, /^disk\/by-id\//, /^disk\/by-path\//];
  for (const order of orders) {
    const link = udev.links.find((candidate) => order.test(candidate));
    if (link !== undefined) return `/dev/${link}`;
  }
  return `/dev/${name}`;
}

function transportOf(name: string, devicePath: string, bus: string | undefined): string | undefined {
  if (name.startsWith('nvme')) return 'nvme';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (/\/usb\d+\//.test(devicePath)) return 'usb';
  if (/\/virtio\d+(\/|$)/.test(devicePath)) return 'virtio';
  if (/\/session\d+\//.test(devicePath)) return 'iscsi';
  if (/\/end_device-/.test(devicePath)) return 'sas';
  if (/\/rport-/.test(devicePath)) return 'fc';
  if (/\/ata\d+\//.test(devicePath)) return 'sata';
  return bus ?? (name.startsWith('sd') ? 'scsi' : undefined);
}

function tidy(text: string | undefined): string | undefined {
  const words = text?.replace(/\s+/g, ' ').trim();
  return words === undefined || words === '' || words === 'n/a' ? undefined : words;
}
