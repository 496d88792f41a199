import type { BootPurpose } from './decide-boot.ts';

/** Where the ephemeral OS is fetched from, and how it is started. */
export interface EphemeralBoot {
  /** Base URL of the rack, without a slash at the end. */
  rack: string;
  /** What the person in front of the machine knows it as. */
  machine: string;
  purpose: BootPurpose | 'Enlist';
  /** SHA-256, 64 lower-case hex digits. */
  kernelDigest: string;
  initrdDigest: string;
  /** Words of the kernel command line, from `renderKernelCommandLine`. */
  commandLine: readonly string[];
}

const digest = /^[0-9a-f]{64}$/;
const purposeText = {
  Commission: 'to take its inventory',
  Test: 'to test its hardware',
  Install: 'to install it',
  Erase: 'to erase its disks',
  Rescue: 'for rescue',
  Enlist: 'to find out what it is',
} as const;

/**
 * To the machine's own disk. BIOS: the first drive of INT 13h. UEFI: an error ends the boot option and the firmware goes on
 * with the next; success would end in its menu.
 */
export function localDiskScript(message: string): string {
  return script([`echo Metalwright: ${printable(message)}`, ...toDisk()]);
}

/**
 * The kernel and initrd by digest, each tried five times, then the machine is restarted: a machine that is expected shall
 * not be lost to one bad moment. `imgfree` gives a half-loaded image's memory back. The EFI stub finds the initrd by its name.
 */
export function ephemeralScript(boot: EphemeralBoot): string {
  for (const hex of [boot.kernelDigest, boot.initrdDigest])
    if (!digest.test(hex)) throw new TypeError('not a SHA-256 in hex');
  const images = `${boot.rack}/images`;
  return script([
    `echo Metalwright: booting ${printable(boot.machine)} over the network ${purposeText[boot.purpose]}`,
    'set tries:int32 0',
    ':again',
    'imgfree',
    `kernel --name kernel ${images}/${boot.kernelDigest} initrd=initrd ${boot.commandLine.join(' ')} || goto failed`,
    `initrd --name initrd ${images}/${boot.initrdDigest} || goto failed`,
    'boot || goto failed',
    ':failed',
    'inc tries',
    `echo Metalwright: the rack did not deliver, attempt \${tries} of 5`,
    `iseq \${tries} 5 && goto surrender ||`,
    'sleep 3',
    'goto again',
    ':surrender',
    'echo Metalwright: could not load the ephemeral OS: is the rack up? Restarting in 15 s',
    'sleep 15',
    'reboot',
  ]);
}

/** Asks the same address again after some seconds: what the machine needs is on its way to the rack. */
export function waitScript(message: string, again: string, seconds: number): string {
  return script([
    `echo Metalwright: ${printable(message)}`,
    `sleep ${Math.max(1, Math.trunc(seconds))}`,
    `chain --replace ${again} || reboot`,
  ]);
}

/** Drives as a BIOS numbers them. The one with the OS is not always the first; one that has no boot sector hands back. */
const biosDrives = ['0x80', '0x81', '0x82', '0x83', '0x84', '0x85', '0x86', '0x87'];

function toDisk(): string[] {
  return [
    `iseq \${platform} efi && goto uefi ||`,
    ...biosDrives.map((drive) => `sanboot --no-describe --drive ${drive} ||`),
    ':uefi',
    'exit 1',
  ];
}

function script(lines: readonly string[]): string {
  return `#!ipxe\n${lines.join('\n')}\n`;
}

/** What iPXE prints as it stands: no variable, comment, operator, quote or end of line. */
function printable(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 .,:/=@%+()_-]+/g, ' ').slice(0, 200);
}
