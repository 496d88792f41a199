import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';

/** An image file that has all that an installer looks for, and is small: a GPT, an ESP with a loader, a root of 24 MiB. */
export interface TinyImage {
  file: string;
  sha256: string;
  sizeBytes: number;
  rawSizeBytes: number;
}

const mebibyte = 1024 * 1024;
export const rootStart = 36 * mebibyte;

export function makeTinyImage(directory: string): TinyImage {
  const raw = `${directory}/tiny.raw`;
  const root = `${directory}/tiny-root`;
  const esp = `${directory}/tiny-esp`;
  mkdirSync(`${root}/etc`, { recursive: true });
  writeFileSync(`${root}/etc/os-release`, 'PRETTY_NAME="Tiny OS 1"\n');
  writeFileSync(raw, '');
  truncateSync(raw, 61 * mebibyte);
  const table = 'label: gpt\nstart=4096, size=65536, type=uefi\nstart=73728, size=49152, type=linux\n';
  execFileSync('sfdisk', ['--quiet', raw], { input: table });
  execFileSync('mkfs.ext4', ['-q', '-d', root, '-E', `offset=${rootStart}`, raw, '24M'], { stdio: 'pipe' });
  writeFileSync(esp, '');
  truncateSync(esp, 32 * mebibyte);
  execFileSync('mkfs.vfat', [esp]);
  writeFileSync(`${directory}/loader.efi`, 'not a real loader');
  execFileSync('mmd', ['-i', esp, '::/EFI', '::/EFI/BOOT']);
  execFileSync('mcopy', ['-i', esp, `${directory}/loader.efi`, '::/EFI/BOOT/BOOTX64.EFI']);
  execFileSync('dd', [`if=${esp}`, `of=${raw}`, 'bs=1M', 'seek=2', 'conv=notrunc', 'status=none']);
  const file = `${directory}/tiny.raw.zst`;
  const packed = zstdCompressSync(readFileSync(raw));
  writeFileSync(file, packed);
  return {
    file,
    sha256: createHash('sha256').update(packed).digest('hex'),
    sizeBytes: packed.length,
    rawSizeBytes: 61 * mebibyte,
  };
}
