/**
 * Layout of the image: GPT with a BIOS boot partition, an EFI system partition and, last, the root, so that it can grow.
 * Offsets and sizes are in sectors of 512 bytes.
 */
export const sector = 512;

export interface Layout {
  biosBoot: Extent;
  esp: Extent;
  root: Extent;
  totalSectors: number;
}

export interface Extent {
  start: number;
  sectors: number;
}

const mebibyte = 2048;

/** @param rootMiB size of the root file system */
export function layoutOf(rootMiB: number): Layout {
  const biosBoot = { start: mebibyte, sectors: mebibyte };
  const esp = { start: 2 * mebibyte, sectors: 62 * mebibyte };
  const root = { start: 64 * mebibyte, sectors: rootMiB * mebibyte };
  return { biosBoot, esp, root, totalSectors: root.start + root.sectors + mebibyte };
}

/** The partition table in the words of sfdisk, with fixed identifiers. */
export function sfdiskScript(layout: Layout): string {
  const line = (extent: Extent, type: string, uuid: string, name: string): string =>
    `start=${extent.start}, size=${extent.sectors}, type=${type}, uuid=${uuid}, name="${name}"`;
  return `label: gpt
label-id: 6d770c12-1000-4000-8000-000000000000
first-lba: 2048
${line(layout.biosBoot, '21686148-6449-6E6F-744E-656564454649', '6d770c12-1000-4000-8000-000000000001', 'bios')}
${line(layout.esp, 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', '6d770c12-1000-4000-8000-000000000002', 'esp')}
${line(layout.root, '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', '6d770c12-1000-4000-8000-000000000003', 'root')}
`;
}

/**
 * Makes GRUB's first sector (boot.img) load its core from the BIOS boot partition, as grub-bios-setup does: the sector of
 * the core at 0x5c, and no guess of the drive at 0x66. Only the code of the sector, up to byte 440, belongs in the MBR.
 *
 * @param bootImage boot.img of 512 bytes
 */
export function patchBootSector(bootImage: Uint8Array, coreStart: number): Uint8Array {
  const code = Buffer.from(bootImage.subarray(0, 440));
  code.writeBigUInt64LE(BigInt(coreStart), 0x5c);
  code[0x66] = 0x90;
  code[0x67] = 0x90;
  return code;
}

/**
 * Makes the first sector of GRUB's core (diskboot.img) load the rest of it: the block list grows down from the end of the
 * sector, 8 bytes of start, 2 of length in sectors, 2 of the segment to load to (which grub-mkimage has set).
 */
export function patchCore(core: Uint8Array, coreStart: number): Uint8Array {
  const patched = Buffer.from(core);
  patched.writeBigUInt64LE(BigInt(coreStart + 1), 0x1f4);
  patched.writeUInt16LE(Math.ceil(core.length / sector) - 1, 0x1fc);
  return patched;
}
