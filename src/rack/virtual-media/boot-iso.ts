import type { Architecture } from '../../api/fields.ts';
import { encodeFat16 } from './fat16.ts';
import { type IsoContent, type IsoFile, type IsoLayout, layOutIso } from './iso9660.ts';

/** Boot programs for one architecture, as Debian packages them. */
export interface BootPrograms {
  /** Signed by Microsoft's authority; without it, machines with Secure Boot do not start the medium. */
  shim: Uint8Array | undefined;
  /** GRUB for UEFI, with ISO 9660 built in and `/boot/grub` as its prefix. */
  grub: Uint8Array | undefined;
  /** ISOLINUX and its core module, for BIOS. */
  isolinux: Uint8Array | undefined;
  ldlinux: Uint8Array | undefined;
}

/** What an ISO starts. */
export interface IsoBoot {
  architecture: Architecture;
  kernel: IsoContent;
  initrd: IsoContent;
  /** Words that need no quotes, neither for GRUB nor for ISOLINUX: from `renderKernelCommandLine`. */
  commandLine: readonly string[];
  /** Tells this medium from others in the same machine: eight letters or digits, in capitals. */
  id: string;
}

const removable: Record<Architecture, { first: string; second: string }> = {
  amd64: { first: 'BOOTX64.EFI', second: 'GRUBX64.EFI' },
  arm64: { first: 'BOOTAA64.EFI', second: 'GRUBAA64.EFI' },
};

/**
 * The FAT file system that UEFI starts from: the shim and GRUB, or GRUB alone.
 * @returns undefined without GRUB
 */
export function efiPartition(architecture: Architecture, programs: BootPrograms): Buffer | undefined {
  const { shim, grub } = programs;
  if (grub === undefined) return undefined;
  const { first, second } = removable[architecture];
  const files =
    shim === undefined
      ? [{ path: `EFI/BOOT/${first}`, bytes: grub }]
      : [
          { path: `EFI/BOOT/${first}`, bytes: shim },
          { path: `EFI/BOOT/${second}`, bytes: grub },
        ];
  return encodeFat16(files);
}

/**
 * The ISO that boots a machine into the ephemeral OS, from UEFI and BIOS, as far as there are programs for them.
 *
 * @param efi from `efiPartition`
 */
export function bootIso(
  { kernel, initrd, commandLine, id, architecture }: IsoBoot,
  { isolinux, ldlinux }: BootPrograms,
  efi: Uint8Array | undefined,
): IsoLayout {
  const words = commandLine.join(' ');
  const hasBios = architecture === 'amd64' && isolinux !== undefined && ldlinux !== undefined;
  const files: IsoFile[] = [
    text(`${id}.ID`, `${id}\n`),
    ...(efi === undefined
      ? []
      : [
          { path: 'EFI.IMG', content: { bytes: efi } },
          text('BOOT/GRUB/GRUB.CFG', grubConfiguration(words, id)),
        ]),
    ...(hasBios
      ? [
          { path: 'ISOLINUX/ISOLINUX.BIN', content: { bytes: isolinux } },
          { path: 'ISOLINUX/LDLINUX.C32', content: { bytes: ldlinux } },
          text('ISOLINUX/ISOLINUX.CFG', isolinuxConfiguration(words)),
        ]
      : []),
    { path: 'KERNEL.IMG', content: kernel },
    { path: 'INITRD.IMG', content: initrd },
  ];
  return layOutIso('METALWRIGHT', files, {
    bios: hasBios ? 'ISOLINUX/ISOLINUX.BIN' : undefined,
    uefi: efi === undefined ? undefined : 'EFI.IMG',
  });
}

function text(path: string, content: string): IsoFile {
  return { path, content: { bytes: Buffer.from(content) } };
}

/** A failure ends GRUB, and the firmware goes on with its next boot entry. */
function grubConfiguration(words: string, id: string): string {
  return [
    `if [ ! -e /${id.toLowerCase()}.id ]; then`,
    `  search --no-floppy --set=root --file /${id.toLowerCase()}.id`,
    'fi',
    'echo "Metalwright: booting from virtual media"',
    `if linux /kernel.img ${words}; then`,
    '  if initrd /initrd.img; then',
    '    boot',
    '  fi',
    'fi',
    'echo "Metalwright: the medium cannot be read: going on with the next boot device"',
    'sleep 15',
    'exit',
    '',
  ].join('\n');
}

function isolinuxConfiguration(words: string): string {
  return [
    'DEFAULT metalwright',
    'PROMPT 0',
    'TIMEOUT 0',
    'SAY Metalwright: booting from virtual media',
    'LABEL metalwright',
    '  KERNEL /KERNEL.IMG',
    '  INITRD /INITRD.IMG',
    `  APPEND ${words}`,
    '',
  ].join('\n');
}
