import type { Files } from '../host/files.ts';
import type { UsbDevice } from './types.ts';

const base = '/sys/bus/usb/devices';

/** USB devices, without the hubs that every controller has at its root. The address is the kernel's: bus, then ports. */
export async function readUsb(files: Files): Promise<UsbDevice[]> {
  const names = (await files.list(base)).filter((name) => /^\d+-[\d.]+$/.test(name));
  const devices = await Promise.all(
    names.map(async (address) => {
      const field = (name: string): Promise<string | undefined> =>
        files.readText(`${base}/${address}/${name}`);
      return {
        address,
        vendorId: (await field('idVendor')) ?? '',
        productId: (await field('idProduct')) ?? '',
        vendor: (await field('manufacturer')) || undefined,
        product: (await field('product')) || undefined,
      };
    }),
  );
  return devices.filter(({ vendorId }) => vendorId !== '');
}
