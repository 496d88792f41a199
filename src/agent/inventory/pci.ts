import type { Files } from '../host/files.ts';
import { type PciNames, parsePciIds } from './pci-ids.ts';
import type { Gpu, PciDevice } from './types.ts';

const base = '/sys/bus/pci/devices';

/** All PCI functions, by address, with the names of pci.ids and the driver that is bound. */
export async function readPci(files: Files): Promise<PciDevice[]> {
  const raw = await Promise.all((await files.list(base)).map((address) => readFunction(files, address)));
  const vendors = new Set(raw.map(({ vendorId }) => vendorId));
  const names = parsePciIds((await files.readText('/usr/share/misc/pci.ids')) ?? '', vendors);
  return raw.map((device) => withNames(device, names));
}

async function readFunction(files: Files, address: string): Promise<PciDevice> {
  const hex = async (name: string): Promise<string> =>
    ((await files.readText(`${base}/${address}/${name}`)) ?? '').replace(/^0x/, '');
  const driver = await files.resolve(`${base}/${address}/driver`);
  return {
    address,
    class: await hex('class'),
    vendorId: await hex('vendor'),
    deviceId: await hex('device'),
    driver: driver?.split('/').at(-1),
  };
}

function withNames(device: PciDevice, names: PciNames): PciDevice {
  return {
    ...device,
    vendor: names.vendor(device.vendorId),
    device: names.device(device.vendorId, device.deviceId),
  };
}

/** Class 03 is display: the chip that draws the console of a server is among them. Class 12 is processing accelerators. */
export function gpusOf(pci: readonly PciDevice[]): Gpu[] {
  return pci
    .filter((device) => device.class.startsWith('03') || device.class.startsWith('12'))
    .map(({ address, vendor, device }) => ({ pciAddress: address, vendor, product: device }));
}

/** The PCI function nearest to a device, from its path in /sys: `…/0000:00:02.0/virtio0/net/eth0` gives `0000:00:02.0`. */
export function pciAddressOf(devicePath: string | undefined): string | undefined {
  return devicePath
    ?.split('/')
    .reverse()
    .find((part) => /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part));
}
