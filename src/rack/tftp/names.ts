const longestName = 255;

/**
 * The name that firmware means, as the table of files has it: lower case, `/` between its parts, nothing in front.
 * Firmware adds slashes, backslashes and `./`, shouts, and where DHCP's string had no end appends 0xff (option 255).
 * Undefined: no name that any file has, `..` and control characters among them.
 */
export function virtualName(name: string): string | undefined {
  if (name.length > longestName) return undefined;
  const parts = name
    .replace(/\xff+$/, '')
    .replaceAll('\\', '/')
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const clean = parts.join('/');
  return clean === '' || parts.includes('..') || !/^[\x20-\x7e]+$/.test(clean) ? undefined : clean;
}

/** What loaders ask every server for, one name after the other, until one is there. `virtualName`s. */
const probes = [
  /^(?:boot\/)?pxelinux\.cfg\//,
  /^(?:boot\/|efi\/[^/]+\/)?grub2?\//,
  /(?:^|\/)grub\.cfg(?:-[0-9a-f:-]+)?$/,
  /(?:^|\/)(?:autoexec|boot)\.ipxe$/,
  /(?:^|\/)(?:revocations|shim_certificate|mm|fb)[^/]*\.efi$/,
  /(?:^|\/)(?:ldlinux|menu|vesamenu)\.(?:c32|e32|e64)$/,
];

/** Whether a name that is not there is only one of the many that PXELINUX, GRUB, shim or iPXE try in turn. */
export function isProbe(name: string): boolean {
  return probes.some((probe) => probe.test(name));
}
