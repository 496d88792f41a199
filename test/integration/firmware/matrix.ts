import type { ClientKind } from '../../../src/rack/dhcp4/boot-file.ts';
import type { Firmware } from './machine.ts';
import type { Place } from './setting.ts';

/** One kind of firmware, and what it is expected to do. */
export interface FirmwareRow {
  firmware: Firmware;
  /** In words. */
  title: string;
  card: string;
  /** What DHCP takes it for, from firmware to loader; each gets an address. */
  clients: ClientKind[];
  /** The loader that the rack gives it, and how; undefined for firmware that is iPXE itself. */
  loader: { file: string; by: 'TFTP' | 'HTTP' } | undefined;
  /** Where it is tried. */
  places: readonly Place[];
  /** What it starts the kernel as. */
  kernel: 'BIOS' | 'UEFI';
}

const virtio = 'virtio-net-pci';
const both = ['direct', 'relayed'] as const;

/** What is tried. The versions are those of Debian 12: SeaBIOS 1.16.2, EDK2 2022.11, iPXE of January 2019, QEMU 7.2. */
export const firmwareRows: readonly FirmwareRow[] = [
  {
    ...{ firmware: 'bios-ipxe-rom', title: 'BIOS, iPXE in the network card (virtio)', card: virtio },
    ...{ clients: ['iPXE'], loader: undefined, kernel: 'BIOS', places: both },
  },
  {
    ...{ firmware: 'bios-ipxe-rom', title: 'BIOS, iPXE in the network card (e1000)', card: 'e1000' },
    ...{ clients: ['iPXE'], loader: undefined, kernel: 'BIOS', places: ['direct'] },
  },
  {
    ...{ firmware: 'bios-pxe', title: 'BIOS, PXE', card: virtio },
    ...{
      clients: ['PXE', 'iPXE'],
      loader: { file: 'undionly.kpxe', by: 'TFTP' },
      kernel: 'BIOS',
      places: both,
    },
  },
  {
    ...{ firmware: 'uefi-pxe', title: 'UEFI, PXE', card: virtio },
    ...{
      clients: ['PXE', 'iPXE'],
      loader: { file: 'snponly.efi', by: 'TFTP' },
      kernel: 'UEFI',
      places: both,
    },
  },
  {
    ...{ firmware: 'uefi-http', title: 'UEFI, HTTP boot', card: virtio },
    ...{
      clients: ['HTTPClient', 'iPXE'],
      loader: { file: 'snponly.efi', by: 'HTTP' },
      kernel: 'UEFI',
      places: both,
    },
  },
  {
    ...{ firmware: 'uefi-ipxe-rom', title: 'UEFI, iPXE in the network card', card: virtio },
    ...{ clients: ['iPXE'], loader: undefined, kernel: 'UEFI', places: both },
  },
];
