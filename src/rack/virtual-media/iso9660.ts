import { bothEndian16, bothEndian32, directoryRecord, type Located } from './iso-records.ts';

/** Where the bytes of a file come from: memory, or a file of the image cache. */
export type IsoContent = { bytes: Uint8Array } | { digest: string; sizeBytes: number };

/** A file of an ISO image; the path in capitals, at most one dot a name: `BOOT/GRUB/GRUB.CFG`. */
export interface IsoFile {
  path: string;
  content: IsoContent;
}

/** What firmware starts from the image (El Torito 1.0). Paths are of files in it. */
export interface ElTorito {
  /** Started by BIOS without emulation. With its boot information table filled in, as ISOLINUX wants it. */
  bios: string | undefined;
  /** A FAT file system that UEFI looks into. */
  uefi: string | undefined;
}

/** A part of the image; what no part covers is zero. */
export interface IsoExtent {
  start: number;
  content: IsoContent;
}

/** An ISO image that is nowhere as a whole. */
export interface IsoLayout {
  sizeBytes: number;
  /** Ascending, without overlaps. */
  extents: readonly IsoExtent[];
}

export const isoSector = 2048;
const volumeSector = 16;
const firstDirectory = 21;
/** El Torito, "Boot Record Volume Descriptor". */
const elToritoId = 'EL TORITO SPECIFICATION';

interface Directory extends Located {
  parent: Directory | undefined;
  directories: Directory[];
  files: (Located & { content: IsoContent })[];
}

/**
 * Lays out an ISO 9660 image (ECMA-119) with El Torito boot entries. Nothing of it depends on time: the same files make the
 * same bytes.
 *
 * @param label of the volume: at most 32 of A-Z, 0-9 and _
 * @throws RangeError for what the format does not hold
 */
export function layOutIso(label: string, files: readonly IsoFile[], boot: ElTorito): IsoLayout {
  const root = treeOf(files);
  const directories = inPathTableOrder(root);
  let sector = firstDirectory;
  for (const directory of directories) {
    directory.sector = sector;
    directory.sizeBytes = isoSector;
    sector += 1;
  }
  const catalogSector = sector;
  sector += 1;
  const placed = new Map<string, Located & { content: IsoContent }>();
  for (const directory of directories) {
    for (const file of directory.files) {
      file.sector = sector;
      sector += Math.ceil(file.sizeBytes / isoSector);
      placed.set(pathOf(directory, file.name), file);
    }
  }
  const find = (path: string | undefined) => {
    const found = path === undefined ? undefined : placed.get(path);
    if (path !== undefined && found === undefined) throw new RangeError(`${path} is not in the image`);
    return found;
  };
  const bios = find(boot.bios);
  if (bios !== undefined) bios.content = withBootInformation(bios);

  const little = pathTable(directories, 'LE');
  const extents: IsoExtent[] = [
    at(volumeSector, volumeDescriptor(label, sector, little.length, root)),
    at(17, bootRecord(catalogSector)),
    at(18, Buffer.concat([Buffer.from([255]), Buffer.from('CD001'), Buffer.from([1])])),
    at(19, little),
    at(20, pathTable(directories, 'BE')),
    ...directories.map((directory) => at(directory.sector, directoryBytes(directory))),
    at(catalogSector, bootCatalog(bios, find(boot.uefi))),
  ];
  for (const file of placed.values())
    if (file.sizeBytes > 0) extents.push({ start: file.sector * isoSector, content: file.content });
  return { sizeBytes: sector * isoSector, extents };
}

function at(sector: number, bytes: Uint8Array): IsoExtent {
  return { start: sector * isoSector, content: { bytes } };
}

function sizeOf(content: IsoContent): number {
  return 'bytes' in content ? content.bytes.length : content.sizeBytes;
}

function treeOf(files: readonly IsoFile[]): Directory {
  const make = (name: string, parent: Directory | undefined): Directory => ({
    ...{ name, parent, sector: 0, sizeBytes: 0, directories: [], files: [] },
  });
  const root = make('', undefined);
  for (const { path, content } of files) {
    const names = path.split('/');
    const file = names.pop() ?? '';
    let directory = root;
    for (const name of names) {
      if (!/^[A-Z0-9_]{1,31}$/.test(name)) throw new RangeError(`${path}: not a name of ISO 9660`);
      const known = directory.directories.find((each) => each.name === name);
      const next = known ?? make(name, directory);
      if (known === undefined) directory.directories.push(next);
      directory = next;
    }
    if (!/^[A-Z0-9_]{1,24}\.[A-Z0-9_]{1,6}$/.test(file))
      throw new RangeError(`${path}: not a name of ISO 9660`);
    if (sizeOf(content) >= 2 ** 32) throw new RangeError(`${path}: larger than ISO 9660 holds`);
    directory.files.push({ name: `${file};1`, sector: 0, sizeBytes: sizeOf(content), content });
  }
  return root;
}

function pathOf(directory: Directory, file: string): string {
  const names = [file.replace(/;1$/, '')];
  for (let each: Directory | undefined = directory; each?.parent !== undefined; each = each.parent)
    names.unshift(each.name);
  return names.join('/');
}

/** By level, then by the number of the parent, then by name (ECMA-119, 6.9.1). */
function inPathTableOrder(root: Directory): Directory[] {
  const all = [root];
  for (const directory of all) all.push(...directory.directories.toSorted(byName));
  return all;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function pathTable(directories: readonly Directory[], order: 'LE' | 'BE'): Buffer {
  const records = directories.map(({ name, sector, parent }) => {
    const identifier = name === '' ? Buffer.from([0]) : Buffer.from(name);
    const record = Buffer.alloc(8 + identifier.length + (identifier.length % 2));
    const parentNumber = parent === undefined ? 1 : directories.indexOf(parent) + 1;
    record[0] = identifier.length;
    if (order === 'LE') {
      record.writeUInt32LE(sector, 2);
      record.writeUInt16LE(parentNumber, 6);
    } else {
      record.writeUInt32BE(sector, 2);
      record.writeUInt16BE(parentNumber, 6);
    }
    record.set(identifier, 8);
    return record;
  });
  return Buffer.concat(records);
}

function directoryBytes(directory: Directory): Buffer {
  const parent = directory.parent ?? directory;
  const children = [
    ...directory.directories.map((each) => ({ ...each, isDirectory: true })),
    ...directory.files.map((each) => ({ ...each, isDirectory: false })),
  ].toSorted(byName);
  const bytes = Buffer.concat([
    directoryRecord({ ...directory, name: '\0' }, true),
    directoryRecord({ ...parent, name: '\x01' }, true),
    ...children.map((child) => directoryRecord(child, child.isDirectory)),
  ]);
  if (bytes.length > isoSector) throw new RangeError('more in one directory than a sector holds');
  return bytes;
}

/** ECMA-119, 8.4. */
function volumeDescriptor(label: string, sectors: number, tableBytes: number, root: Directory): Buffer {
  if (!/^[A-Z0-9_]{1,32}$/.test(label)) throw new RangeError(`${label}: not a label of ISO 9660`);
  const bytes = Buffer.alloc(isoSector);
  bytes.set([1, ...Buffer.from('CD001'), 1]);
  bytes.write(' '.repeat(32), 8, 'latin1');
  bytes.write(label.padEnd(32), 40, 'latin1');
  bytes.set(bothEndian32(sectors), 80);
  bytes.set(bothEndian16(1), 120);
  bytes.set(bothEndian16(1), 124);
  bytes.set(bothEndian16(isoSector), 128);
  bytes.set(bothEndian32(tableBytes), 132);
  bytes.writeUInt32LE(19, 140);
  bytes.writeUInt32BE(20, 148);
  bytes.set(directoryRecord({ ...root, name: '\0' }, true), 156);
  bytes.write(' '.repeat(128 * 4 + 37 * 3), 190, 'latin1');
  // Four moments that are not specified: sixteen digits and an offset of zero.
  for (const start of [813, 830, 847, 864]) bytes.write('0000000000000000\0', start, 'latin1');
  bytes[881] = 1;
  return bytes;
}

function bootRecord(catalogSector: number): Buffer {
  const bytes = Buffer.alloc(isoSector);
  bytes.set([0, ...Buffer.from('CD001'), 1]);
  bytes.write(elToritoId, 7, 'latin1');
  bytes.writeUInt32LE(catalogSector, 71);
  return bytes;
}

/** BIOS reads the default entry alone, UEFI also the section behind it. */
function bootCatalog(bios: Located | undefined, uefi: Located | undefined): Buffer {
  const bytes = Buffer.alloc(isoSector);
  const platform = { BIOS: 0, UEFI: 0xef };
  bytes.set([1, bios === undefined ? platform.UEFI : platform.BIOS]);
  bytes.write('Metalwright', 4, 'latin1');
  bytes.set([0x55, 0xaa], 30);
  let sum = 0;
  for (let index = 0; index < 32; index += 2) sum += bytes.readUInt16LE(index);
  bytes.writeUInt16LE(-sum & 0xffff, 28);
  const entry = (start: number, { sector }: Located, sectors: number): void => {
    bytes[start] = 0x88;
    bytes.writeUInt16LE(sectors, start + 6);
    bytes.writeUInt32LE(sector, start + 8);
  };
  const uefiSectors = Math.min(0xffff, Math.ceil((uefi?.sizeBytes ?? 0) / 512));
  // ISOLINUX loads the rest of itself: four sectors of 512 bytes are what every BIOS reads.
  if (bios !== undefined) entry(32, bios, 4);
  else if (uefi !== undefined) entry(32, uefi, uefiSectors);
  if (bios !== undefined && uefi !== undefined) {
    bytes.set([0x91, platform.UEFI, 1, 0], 64);
    entry(96, uefi, uefiSectors);
  }
  return bytes;
}

/** The table of 56 bytes at offset 8 by which ISOLINUX finds itself (mkisofs, "boot-info-table"). */
function withBootInformation({ sector, content }: Located & { content: IsoContent }): IsoContent {
  if (!('bytes' in content) || content.bytes.length < 64) throw new RangeError('not a BIOS boot image');
  const bytes = Buffer.from(content.bytes);
  let sum = 0;
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  for (let index = 64; index < padded.length; index += 4) sum = (sum + padded.readUInt32LE(index)) >>> 0;
  bytes.fill(0, 8, 64);
  bytes.writeUInt32LE(volumeSector, 8);
  bytes.writeUInt32LE(sector, 12);
  bytes.writeUInt32LE(bytes.length, 16);
  bytes.writeUInt32LE(sum, 20);
  return { bytes };
}
