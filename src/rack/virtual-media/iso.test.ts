import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenImage } from '../images/ports.ts';
import { bootIso, efiPartition } from './boot-iso.ts';
import { encodeFat16 } from './fat16.ts';
import { openIso } from './iso-file.ts';
import { type IsoLayout, layOutIso } from './iso9660.ts';

const kernel = randomBytes(5_000);
const initrd = randomBytes(70_001);
const files = new Map([
  ['k', kernel],
  ['i', initrd],
]);
const programs = {
  shim: randomBytes(3_000),
  grub: randomBytes(9_000),
  isolinux: randomBytes(4_096),
  ldlinux: randomBytes(2_500),
};

function openPart(digest: string): Promise<OpenImage> {
  const bytes = files.get(digest)!;
  return Promise.resolve({
    sizeBytes: bytes.length,
    file: {
      fd: -1,
      async read(buffer: Uint8Array, offset: number, length: number, position: number) {
        // As the kernel may, it gives less than was asked for.
        const part = bytes.subarray(position, Math.min(position + length, position + 777));
        buffer.set(part, offset);
        return { bytesRead: part.length };
      },
      async close() {},
    },
  });
}

function theIso(commandLine: readonly string[] = ['quiet', 'mw.token=abc']): IsoLayout {
  const boot = {
    architecture: 'amd64' as const,
    kernel: { digest: 'k', sizeBytes: kernel.length },
    initrd: { digest: 'i', sizeBytes: initrd.length },
    ...{ commandLine, id: 'ABCD1234' },
  };
  return bootIso(boot, programs, efiPartition('amd64', programs));
}

async function whole(layout: IsoLayout): Promise<Buffer> {
  const image = await openIso(layout, 0, openPart);
  const bytes = Buffer.alloc(layout.sizeBytes);
  await image.file.read(bytes, 0, bytes.length, 0);
  return bytes;
}

/** A reader of ECMA-119 that knows nothing of the writer. */
function readTree(iso: Buffer, sector: number, size: number, path = ''): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const directory = iso.subarray(sector * 2048, sector * 2048 + size);
  for (let at = 0; at < directory.length && directory[at] !== 0; at += directory[at]!) {
    const name = directory.toString('latin1', at + 33, at + 33 + directory[at + 32]!);
    if (name === '\0' || name === '\x01') continue;
    const [where, length] = [directory.readUInt32LE(at + 2), directory.readUInt32LE(at + 10)];
    expect(directory.readUInt32BE(at + 6)).toBe(where);
    const isDirectory = (directory[at + 25]! & 2) !== 0;
    if (isDirectory) for (const entry of readTree(iso, where, length, `${path}${name}/`)) found.set(...entry);
    else found.set(path + name, iso.subarray(where * 2048, where * 2048 + length));
  }
  return found;
}

function filesOf(iso: Buffer): Map<string, Buffer> {
  expect(iso.toString('latin1', 16 * 2048 + 1, 16 * 2048 + 6)).toBe('CD001');
  const root = iso.subarray(16 * 2048 + 156);
  return readTree(iso, root.readUInt32LE(2), root.readUInt32LE(10));
}

describe('the ISO of a machine', () => {
  it('holds kernel, initrd and a configuration for each boot loader', async () => {
    const found = filesOf(await whole(theIso()));
    expect(found.get('KERNEL.IMG;1')).toEqual(kernel);
    expect(found.get('INITRD.IMG;1')).toEqual(initrd);
    expect(found.get('BOOT/GRUB/GRUB.CFG;1')?.toString()).toContain('linux /kernel.img quiet mw.token=abc;');
    expect(found.get('ISOLINUX/ISOLINUX.CFG;1')?.toString()).toContain('APPEND quiet mw.token=abc\n');
  });

  it('is started by BIOS and by UEFI, as El Torito says', async () => {
    const iso = await whole(theIso());
    const catalog = iso.readUInt32LE(17 * 2048 + 71) * 2048;
    let sum = 0;
    for (let at = 0; at < 32; at += 2) sum += iso.readUInt16LE(catalog + at);
    expect(sum & 0xffff).toBe(0);
    const startOf = (entry: number) => iso.readUInt32LE(catalog + entry + 8) * 2048;
    const found = filesOf(iso);
    const bios = found.get('ISOLINUX/ISOLINUX.BIN;1')!;
    expect(iso.subarray(startOf(32), startOf(32) + bios.length)).toEqual(bios);
    expect(bios.readUInt32LE(12) * 2048).toBe(startOf(32));
    expect(bios.subarray(64)).toEqual(programs.isolinux.subarray(64));
    expect(iso[catalog + 65]).toBe(0xef);
    expect(iso.toString('latin1', startOf(96) + 54, startOf(96) + 59)).toBe('FAT16');
  });

  it('is started by UEFI alone where there is nothing for BIOS, and says so to both', async () => {
    const { grub } = programs;
    const only = { shim: undefined, grub, isolinux: undefined, ldlinux: undefined };
    const boot = {
      architecture: 'arm64' as const,
      kernel: { bytes: kernel },
      initrd: { bytes: initrd },
      ...{ commandLine: ['a'], id: 'ABCD1234' },
    };
    const iso = await whole(bootIso(boot, only, efiPartition('arm64', only)));
    const catalog = iso.readUInt32LE(17 * 2048 + 71) * 2048;
    expect([iso[catalog + 1], iso[catalog + 64]]).toEqual([0xef, 0]);
  });

  it('is the same however it is cut into ranges', async () => {
    const layout = theIso();
    const bytes = await whole(layout);
    const image = await openIso(layout, 0, openPart);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: layout.sizeBytes + 100 }),
        fc.nat({ max: 20_000 }),
        async (position, length) => {
          const buffer = Buffer.alloc(length, 0xee);
          const { bytesRead } = await image.file.read(buffer, 0, length, position);
          expect(bytesRead).toBe(Math.max(0, Math.min(length, layout.sizeBytes - position)));
          expect(buffer.subarray(0, bytesRead).equals(bytes.subarray(position, position + bytesRead))).toBe(
            true,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ends where a part of it breaks off', async () => {
    const image = await openIso(theIso(), 0, async () => ({
      sizeBytes: 1,
      file: { fd: -1, read: async () => ({ bytesRead: 0 }), close: async () => {} },
    }));
    const bytes = Buffer.alloc(image.sizeBytes);
    expect(await image.file.read(bytes, 0, bytes.length, 0)).toEqual({ bytesRead: 0 });
  });

  it.each([
    ['a path in small letters', 'boot/grub.cfg'],
    ['a name without an extension', 'KERNEL'],
    ['a name that is too long', `${'A'.repeat(40)}.IMG`],
  ])('refuses %s', (_sentence, path) => {
    const file = { path, content: { bytes: kernel } };
    expect(() => layOutIso('X', [file], { bios: undefined, uefi: undefined })).toThrow(RangeError);
  });
});

describe('the FAT file system for UEFI', () => {
  it('gives every file back by its chain of clusters', () => {
    const contents = { 'EFI/BOOT/BOOTX64.EFI': randomBytes(1_025), 'EFI/BOOT/GRUBX64.EFI': randomBytes(513) };
    const list = Object.entries(contents).map(([path, bytes]) => ({ path, bytes }));
    const image = encodeFat16(list);
    const fatSectors = image.readUInt16LE(22);
    const data = (1 + 2 * fatSectors + 32) * 512;
    const cluster = (number: number) => image.subarray(data + (number - 2) * 512, data + (number - 1) * 512);
    const chain = (first: number): Buffer => {
      const parts: Buffer[] = [];
      for (let each = first; each < 0xfff8; each = image.readUInt16LE(512 + each * 2))
        parts.push(cluster(each));
      return Buffer.concat(parts);
    };
    const read = (directory: Buffer, name: string): { first: number; size: number } => {
      for (let at = 0; at < directory.length; at += 32)
        if (directory.toString('latin1', at, at + 11) === name)
          return { first: directory.readUInt16LE(at + 26), size: directory.readUInt32LE(at + 28) };
      throw new Error(`${name} is not there`);
    };
    const root = image.subarray((1 + 2 * fatSectors) * 512, data);
    const boot = chain(read(chain(read(root, 'EFI        ').first), 'BOOT       ').first);
    const found = read(boot, 'GRUBX64 EFI');
    expect(chain(found.first).subarray(0, found.size)).toEqual(contents['EFI/BOOT/GRUBX64.EFI']);
    expect(image.subarray(512, 512 + fatSectors * 512)).toEqual(
      image.subarray(512 + fatSectors * 512, 512 + 2 * fatSectors * 512),
    );
  });

  it('refuses names that are not 8.3', () => {
    expect(() => encodeFat16([{ path: 'EFI/toolongname.efi', bytes: kernel }])).toThrow(RangeError);
  });
});
