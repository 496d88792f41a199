const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in the unit that suits, as memory is counted: 8 GiB. */
export function binarySize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(binary.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${rounded(bytes / 1024 ** power)} ${binary[power]}`;
}

const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in the unit that suits, as disks are sold: 960 GB. */
export function diskSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(decimal.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${rounded(bytes / 1000 ** power)} ${decimal[power]}`;
}

/** Memory that is given in MiB. */
export function memorySize(mebibytes: number): string {
  return binarySize(mebibytes * 1024 * 1024);
}

function rounded(value: number): string {
  return String(value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);
}
