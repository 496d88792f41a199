import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emulatedCpu } from '../../../lab/machines/domain-xml.ts';
import { findUefiFirmware } from '../../../lab/machines/firmware.ts';
import { LIBVIRT_URI } from '../../../lab/machines/libvirt-daemons.ts';

/** A virtual machine of libvirt's on a bridge where nobody answers DHCP. */
export interface TestDomain {
  name: string;
  uuid: string;
  mac: string;
  consolePath: string;
  remove(): void;
}

/** Runs virsh; nothing is thrown where `mayFail`. */
export function virsh(args: readonly string[], mayFail = false): string {
  try {
    return execFileSync('virsh', ['-c', LIBVIRT_URI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  } catch (error) {
    if (mayFail) return '';
    throw error;
  }
}

/** Emulated: KVM is never used. Its disk is a SATA one, for sushy-tools puts CDs beside it. */
export function defineTestDomain(
  firmware: 'bios' | 'uefi',
  at: { directory: string; bridge: string; number: number },
): TestDomain {
  const { directory, bridge, number } = at;
  const name = `mw-vmedia-${firmware}`;
  const uuid = `6d77766d-6564-4961-8000-00000000000${number}`;
  const mac = `52:54:00:7d:00:0${number}`;
  const path = (file: string): string => join(directory, `${name}.${file}`);
  writeFileSync(path('img'), '');
  truncateSync(path('img'), 64 * 1024 * 1024);
  const uefi = findUefiFirmware();
  const loader =
    firmware === 'uefi'
      ? `<loader readonly='yes' type='pflash'>${uefi.code}</loader><nvram template='${uefi.variables}'>${path('nvram')}</nvram>`
      : "<bios useserial='yes'/>";
  writeFileSync(
    path('xml'),
    `<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>1536</memory><vcpu>1</vcpu>${emulatedCpu}
  <os><type arch='x86_64' machine='q35'>hvm</type>${loader}<boot dev='hd'/></os>
  <features><acpi/><apic/></features><on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw' cache='unsafe'/><source file='${path('img')}'/>
      <target dev='sda' bus='sata'/><serial>VMEDIA-${number}</serial></disk>
    <interface type='bridge'><mac address='${mac}'/><source bridge='${bridge}'/><model type='virtio'/><rom enabled='no'/></interface>
    <serial type='pty'><log file='${path('log')}' append='on'/><target port='0'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='none'/><video><model type='none'/></video>
  </devices>
  <seclabel type='static' model='dac' relabel='no'><label>+0:+0</label></seclabel>
  <qemu:commandline><qemu:arg value='-boot'/><qemu:arg value='strict=off'/></qemu:commandline>
</domain>`,
  );
  const remove = (): void => {
    virsh(['destroy', name], true);
    virsh(['undefine', '--nvram', name], true);
  };
  remove();
  virsh(['define', path('xml')]);
  return { name, uuid, mac, consolePath: path('log'), remove };
}

/** The pool that sushy-tools puts CDs into. */
export function defineTestPool(directory: string): { name: string; remove(): void } {
  const name = 'mw-vmedia';
  const target = join(directory, 'pool');
  mkdirSync(target);
  const remove = (): void => {
    virsh(['pool-destroy', name], true);
    virsh(['pool-undefine', name], true);
  };
  remove();
  virsh(['pool-define-as', name, 'dir', '--target', target]);
  virsh(['pool-start', name]);
  return { name, remove };
}
