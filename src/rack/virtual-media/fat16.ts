/** A file of a FAT image; the path in 8.3 capitals: `EFI/BOOT/BOOTX64.EFI`. */
export interface FatFile {
  path: string;
  bytes: Uint8Array;
}

const sectorBytes = 512;
const rootEntries = 512;
const rootSectors = (rootEntries * 32) / sectorBytes;
const reservedSectors = 1;
/** Fewer clusters would make it FAT12, more FAT32 (Microsoft FAT specification 1.03, "FAT Type Determination"). */
const leastClusters = 4_085 + 16;
const mostClusters = 65_524 - 16;
const endOfChain = 0xffff;
/** 1980-01-01, the first day of FAT: the same files make the same bytes. */
const firstDay = 0x21;

interface Node {
  name: string;
  bytes: Uint8Array | undefined;
  children: Map<string, Node>;
  cluster: number;
}

/**
 * A whole FAT16 file system, small and read-only in spirit: one sector a cluster, short names, little-endian throughout.
 * @throws RangeError for names that are not 8.3, and for more than 32 MiB
 */
export function encodeFat16(files: readonly FatFile[]): Buffer {
  const root: Node = { name: '', bytes: undefined, children: new Map(), cluster: 0 };
  for (const file of files) insert(root, file);
  let clusters = 0;
  const place = (node: Node): void => {
    for (const child of node.children.values()) {
      child.cluster = 2 + clusters;
      clusters += Math.max(1, Math.ceil(bytesOf(child) / sectorBytes));
      place(child);
    }
  };
  place(root);
  if (clusters > mostClusters) throw new RangeError('more than FAT16 with one sector a cluster holds');
  const total = Math.max(clusters, leastClusters);
  const fatSectors = Math.ceil(((total + 2) * 2) / sectorBytes);
  const dataSector = reservedSectors + 2 * fatSectors + rootSectors;
  const image = Buffer.alloc((dataSector + total) * sectorBytes);
  writeBootSector(image, dataSector + total, fatSectors);

  const fat = reservedSectors * sectorBytes;
  image.writeUInt16LE(0xfff8, fat);
  image.writeUInt16LE(endOfChain, fat + 2);
  const chain = (first: number, count: number): void => {
    for (let index = 0; index < count; index += 1)
      image.writeUInt16LE(index === count - 1 ? endOfChain : first + index + 1, fat + (first + index) * 2);
  };
  const at = (cluster: number): number => (dataSector + cluster - 2) * sectorBytes;
  const write = (node: Node, parent: number): void => {
    chain(node.cluster, Math.max(1, Math.ceil(bytesOf(node) / sectorBytes)));
    if (node.bytes !== undefined) {
      image.set(node.bytes, at(node.cluster));
      return;
    }
    const entries = [
      entry(Buffer.from('.          '), node.cluster, undefined),
      entry(Buffer.from('..         '), parent, undefined),
      ...entriesOf(node),
    ];
    image.set(Buffer.concat(entries), at(node.cluster));
    for (const child of node.children.values()) write(child, node.cluster);
  };
  image.set(Buffer.concat(entriesOf(root)), (reservedSectors + 2 * fatSectors) * sectorBytes);
  for (const child of root.children.values()) write(child, 0);
  image.copy(image, fat + fatSectors * sectorBytes, fat, fat + fatSectors * sectorBytes);
  return image;
}

function insert(root: Node, { path, bytes }: FatFile): void {
  const names = path.split('/');
  let at = root;
  for (const [index, name] of names.entries()) {
    if (!/^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?$/.test(name)) throw new RangeError(`${path}: not an 8.3 name`);
    const isFile = index === names.length - 1;
    const known = at.children.get(name);
    const next: Node = known ?? { name, bytes: isFile ? bytes : undefined, children: new Map(), cluster: 0 };
    at.children.set(name, next);
    at = next;
  }
}

/** Directories hold an entry for themselves and their parent. */
function bytesOf({ bytes, children }: Node): number {
  return bytes?.length ?? (children.size + 2) * 32;
}

function entriesOf({ children }: Node): Buffer[] {
  return [...children.values()].map(({ name, cluster, bytes }) => {
    const [stem = '', extension = ''] = name.split('.');
    return entry(Buffer.from(stem.padEnd(8) + extension.padEnd(3)), cluster, bytes?.length);
  });
}

/** A directory entry of 32 bytes; without a size it is a directory. */
function entry(name: Buffer, cluster: number, size: number | undefined): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.set(name);
  bytes[11] = size === undefined ? 0x10 : 0x20;
  bytes.writeUInt16LE(firstDay, 16);
  bytes.writeUInt16LE(firstDay, 18);
  bytes.writeUInt16LE(firstDay, 24);
  bytes.writeUInt16LE(cluster, 26);
  bytes.writeUInt32LE(size ?? 0, 28);
  return bytes;
}

/** The BIOS parameter block. */
function writeBootSector(image: Buffer, sectors: number, fatSectors: number): void {
  image.set([0xeb, 0x3c, 0x90]);
  image.write('METALWRT', 3, 'latin1');
  image.writeUInt16LE(sectorBytes, 11);
  image[13] = 1;
  image.writeUInt16LE(reservedSectors, 14);
  image[16] = 2;
  image.writeUInt16LE(rootEntries, 17);
  image.writeUInt16LE(sectors < 0x10000 ? sectors : 0, 19);
  image[21] = 0xf8;
  image.writeUInt16LE(fatSectors, 22);
  image.writeUInt16LE(32, 24);
  image.writeUInt16LE(64, 26);
  image.writeUInt32LE(sectors < 0x10000 ? 0 : sectors, 32);
  image[36] = 0x80;
  image[38] = 0x29;
  image.writeUInt32LE(0x4d57_4653, 39);
  image.write('NO NAME    FAT16   ', 43, 'latin1');
  image.set([0x55, 0xaa], 510);
}
