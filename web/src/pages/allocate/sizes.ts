const memoryUnits: Readonly<Record<string, number>> = { m: 1, g: 1024, '': 1024, t: 1024 * 1024 };
const pattern = /^(\d{1,9}(?:\.\d{1,3})?)\s*([kmgtp]?)(i?)b?$/i;

/** Memory as people write it, in MiB: `32`, `32 GiB`, `32Gi`, `65536 Mi`. Memory is always counted in powers of two. */
export function parseMemory(text: string): number | undefined {
  const [, digits, unit = ''] = pattern.exec(text.trim()) ?? [];
  const factor = memoryUnits[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) return undefined;
  const mebibytes = Math.ceil(Number(digits) * factor);
  return mebibytes >= 1 && mebibytes <= 1_073_741_824 ? mebibytes : undefined;
}

const powers = ['', 'k', 'm', 'g', 't', 'p'];

/** The size of a disk as people write it, in bytes: `480`, `480 GB`, `2 TB`, `1 TiB`. GB where there is no unit. */
export function parseDiskSize(text: string): number | undefined {
  const [, digits, unit = '', binary = ''] = pattern.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const power = powers.indexOf(unit === '' ? 'g' : unit.toLowerCase());
  const bytes = Math.round(Number(digits) * (binary === '' ? 1000 : 1024) ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
