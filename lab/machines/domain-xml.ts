import type { LabInstance } from '../instance.ts';
import type { LabMachine } from './machine.ts';

/** Files of the UEFI firmware: the code, and the variables that a new machine starts with. */
export interface UefiFirmware {
  code: string;
  variables: string;
}

/**
 * The processor of an emulated machine. The fewer vector instructions a guest believes to have, the sooner it is done: QEMU
 * emulates them one element at a time, and a digest that OpenSSL makes with AVX2 takes two and a half times as long as with SSE2.
 */
export const emulatedCpu =
  "<cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>";

/**
 * The libvirt domain of a machine: q35, network boot first, its serial console in a file.
 * A BMC that sets the boot device leaves only that one in the boot order, and libvirt asks the firmware to be strict about
 * it: SeaBIOS would not even look for the disk then, so that no boot loader could go on to it. `strict=off` undoes that.
 * QEMU runs as root, because a checkout may lie where no other user may look.
 */
export function renderDomain(
  machine: LabMachine,
  instance: LabInstance,
  type: 'kvm' | 'qemu',
  uefi: UefiFirmware,
): string {
  const firmware =
    machine.firmware === 'uefi'
      ? `<loader readonly='yes' type='pflash'>${escapeXml(uefi.code)}</loader>
    <nvram template='${escapeXml(uefi.variables)}'>${escapeXml(machine.nvramPath)}</nvram>`
      : "<bios useserial='yes'/>";
  // Without a ROM of its own the card leaves the network boot to the UEFI firmware.
  const rom = machine.firmware === 'uefi' ? "<rom enabled='no'/>" : '';
  return `<domain type='${type}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>${escapeXml(machine.domain)}</name>
  <uuid>${machine.uuid}</uuid>
  <memory unit='MiB'>${machine.memoryMiB}</memory>
  <vcpu>${machine.cpus}</vcpu>
  ${type === 'kvm' ? "<cpu mode='host-passthrough'/>" : emulatedCpu}
  <sysinfo type='smbios'>
    <system>
      <entry name='manufacturer'>Metalwright</entry>
      <entry name='product'>Laboratory machine</entry>
      <entry name='serial'>${machine.serial}</entry>
      <entry name='uuid'>${machine.uuid}</entry>
    </system>
  </sysinfo>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    ${firmware}
    <boot dev='network'/>
    <boot dev='hd'/>
    <smbios mode='sysinfo'/>
  </os>
  <features><acpi/><apic/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>restart</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='unsafe' discard='unmap' detect_zeroes='unmap'/>
      <source file='${escapeXml(machine.diskPath)}'/>
      <target dev='vda' bus='virtio'/>
      <serial>${machine.serial}-0</serial>
    </disk>
    <interface type='bridge'>
      <mac address='${machine.mac}'/>
      <source bridge='${escapeXml(instance.bridge)}'/>
      <model type='virtio'/>
      ${rom}
    </interface>
    <serial type='pty'>
      <log file='${escapeXml(machine.consolePath)}' append='on'/>
      <target port='0'/>
    </serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='none'/>
    <video><model type='none'/></video>
  </devices>
  <seclabel type='static' model='dac' relabel='no'><label>+0:+0</label></seclabel>
  <qemu:commandline>
    <qemu:arg value='-boot'/>
    <qemu:arg value='strict=off'/>
  </qemu:commandline>
</domain>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
}
