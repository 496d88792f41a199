import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findUefiFirmware } from '../../../lab/machines/firmware.ts';
import type { Background } from '../netns/namespaces.ts';
import type { FirmwareSetting, Place } from './setting.ts';

/** A program that asks for the first file over the network. */
export type Firmware =
  /** SeaBIOS with iPXE in the network card's ROM. */
  | 'bios-ipxe-rom'
  /**
   * There is no free PXE ROM for BIOS but iPXE, so iPXE plays one: started as a kernel, it marks its DISCOVER by a user class,
   * and the rack of the test takes out what a ROM would not say (options 77 and 175).
   */
  | 'bios-pxe'
  /** EDK2's own PXE client. */
  | 'uefi-pxe'
  /** EDK2's own HTTP boot client. */
  | 'uefi-http'
  /** EDK2 with iPXE's EFI driver in the network card's ROM. */
  | 'uefi-ipxe-rom';

export interface MachineOptions {
  firmware: Firmware;
  mac: string;
  place: Place;
  /** A network card of QEMU's. Default `virtio-net-pci`. */
  card?: string;
}

/** The user class is taken back before the loader starts: it would inherit it. A proxy's server goes with a proxy's file. */
const disguise = `#!ipxe
set user-class PXE
ifconf --configurator dhcp net0 || reboot
clear user-class
set next \${next-server}
isset \${proxydhcp/next-server} && set next \${proxydhcp/next-server} ||
chain --replace tftp://\${next}/\${filename} || reboot
`;

/** Starts a machine without disks. What it says on its serial console is its output. It is emulated: KVM is never used. */
export async function startMachine(setting: FirmwareSetting, options: MachineOptions): Promise<Background> {
  const { firmware, mac, place, card = 'virtio-net-pci' } = options;
  const tap = await setting.tap(place);
  const uefi = firmware.startsWith('uefi');
  const rom = firmware.endsWith('-rom') ? '' : ',romfile=';
  return setting.bridges[place].start([
    ...['timeout', '300', 'qemu-system-x86_64', '-machine', 'q35,graphics=off', '-accel', 'tcg', '-m', '256'],
    ...['-nodefaults', '-vga', 'none', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-no-reboot', '-netdev', `tap,id=net,ifname=${tap},script=no,downscript=no`],
    ...['-device', `${card},netdev=net,mac=${mac},bootindex=1${rom}`],
    ...(uefi ? uefiArguments(setting, firmware, tap) : []),
    ...(firmware === 'bios-pxe' ? disguiseArguments(setting) : []),
  ]);
}

function uefiArguments({ directory }: FirmwareSetting, firmware: Firmware, name: string): string[] {
  const { code, variables } = findUefiFirmware();
  const nvram = join(directory, `${name}.fd`);
  copyFileSync(variables, nvram);
  const settings = { IPv6Support: 'no', ...(firmware === 'uefi-http' ? { IPv4PXESupport: 'no' } : {}) };
  return [
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${code}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${nvram}`],
    ...Object.entries(settings).flatMap(([key, value]) => [
      '-fw_cfg',
      `name=opt/org.tianocore/${key},string=${value}`,
    ]),
  ];
}

function disguiseArguments({ directory }: FirmwareSetting): string[] {
  const script = join(directory, 'disguise.ipxe');
  writeFileSync(script, disguise);
  return ['-kernel', '/boot/ipxe.lkrn', '-initrd', script];
}
