import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from '../../api/fields.ts';
import { type BootPrograms, efiPartition } from './boot-iso.ts';

/** Boot programs, and the partition that UEFI starts from: the same in every medium. */
export interface MediaPrograms extends BootPrograms {
  efi: Uint8Array | undefined;
}

/** Reads the programs for an architecture when they are first needed; a package that comes later is seen at the next start. */
export type LoadPrograms = (architecture: Architecture) => Promise<MediaPrograms>;

interface Paths {
  shim: string;
  /** The signed one is of use with the shim alone. */
  signedGrub: string;
  grub: string;
  isolinux?: string;
  ldlinux?: string;
}

/** Where Debian's packages shim-signed, grub-efi-*-signed, grub-efi-*-bin, isolinux and syslinux-common put them. */
const paths: Record<Architecture, Paths> = {
  amd64: {
    shim: 'shim/shimx64.efi.signed',
    signedGrub: 'grub/x86_64-efi-signed/gcdx64.efi.signed',
    grub: 'grub/x86_64-efi/monolithic/gcdx64.efi',
    isolinux: 'ISOLINUX/isolinux.bin',
    ldlinux: 'syslinux/modules/bios/ldlinux.c32',
  },
  arm64: {
    shim: 'shim/shimaa64.efi.signed',
    signedGrub: 'grub/arm64-efi-signed/gcdaa64.efi.signed',
    grub: 'grub/arm64-efi/monolithic/gcdaa64.efi',
  },
};

/** @param directory `/usr/lib`, or a copy of what the packages put there */
export function createProgramLoader(directory: string): LoadPrograms {
  const loaded = new Map<Architecture, Promise<MediaPrograms>>();
  return (architecture) => {
    const known = loaded.get(architecture);
    if (known !== undefined) return known;
    const loading = load(directory, architecture);
    loaded.set(architecture, loading);
    return loading;
  };
}

async function load(directory: string, architecture: Architecture): Promise<MediaPrograms> {
  const read = async (path: string | undefined): Promise<Uint8Array | undefined> =>
    path === undefined ? undefined : await readFile(join(directory, path)).catch(() => undefined);
  const where = paths[architecture];
  const [shim, signed, grub, isolinux, ldlinux] = await Promise.all(
    [where.shim, where.signedGrub, where.grub, where.isolinux, where.ldlinux].map(read),
  );
  const chained = shim !== undefined && signed !== undefined;
  const programs: BootPrograms = {
    shim: chained ? shim : undefined,
    grub: chained ? signed : (grub ?? signed),
    isolinux,
    ldlinux,
  };
  return { ...programs, efi: efiPartition(architecture, programs) };
}
