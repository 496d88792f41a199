import type { BootAnswer } from './ports.ts';

/** Client system architectures (RFC 4578, 2.1 and IANA's registry) that Metalwright boots or refuses by name. */
export const architectures = {
  bios: 0,
  uefiIa32: 6,
  uefiBc: 7,
  uefiX64: 9,
  uefiArm64: 11,
  uefiX64Http: 16,
  uefiArm64Http: 19,
} as const;

/** The loaders that DHCP can name: the TFTP and HTTP services must serve every one of them. */
export const bootLoaders = ['undionly.kpxe', 'snponly.efi', 'snponly-arm64.efi'] as const;

/** A file name out of `bootLoaders`. */
export type BootLoader = (typeof bootLoaders)[number];

/** What kind of program is asking: firmware by TFTP or by HTTP, iPXE, or an operating system. */
export type ClientKind = 'PXE' | 'iPXE' | 'HTTPClient' | 'OS';

/** What of a client's DISCOVER decides its boot file. */
export interface BootIdentity {
  architecture: number | undefined;
  userClass: string | undefined;
  vendorClass: string | undefined;
}

/** Where the boot files are. */
export interface BootPlace {
  /** Dotted quad of the TFTP server. */
  tftpServer: string;
  /** `http://10.0.0.1:7480`, without a slash at the end. */
  httpBase: string;
  /** `https://10.0.0.1:7443`, where UEFI is to load by HTTPS. iPXE goes on by HTTP: it trusts no certificate of a cluster. */
  httpsBase?: string | undefined;
  mac: string;
  /** Whether a loader is there to be served: what is not is named to nobody. Default: all are. */
  has?(loader: BootLoader): boolean;
}

const loaderByArchitecture: ReadonlyMap<number, BootLoader> = new Map<number, BootLoader>([
  [architectures.bios, 'undionly.kpxe'],
  [architectures.uefiBc, 'snponly.efi'],
  [architectures.uefiX64, 'snponly.efi'],
  [architectures.uefiArm64, 'snponly-arm64.efi'],
  [architectures.uefiX64Http, 'snponly.efi'],
  [architectures.uefiArm64Http, 'snponly-arm64.efi'],
]);

/** iPXE says so in its user class, and says PXEClient too: it is asked first, which ends the chain-loading loop. */
export function clientKind(client: Pick<BootIdentity, 'userClass' | 'vendorClass'>): ClientKind {
  if (client.userClass === 'iPXE') return 'iPXE';
  if (client.vendorClass?.startsWith('PXEClient')) return 'PXE';
  if (client.vendorClass?.startsWith('HTTPClient')) return 'HTTPClient';
  return 'OS';
}

/** The first file for a client: a loader for firmware, this machine's own script for iPXE, nothing for the rest. */
export function selectBootFile(client: BootIdentity, place: BootPlace): BootAnswer {
  const kind = clientKind(client);
  if (kind === 'OS') return { kind: 'None' };
  if (kind === 'iPXE') {
    return { kind: 'HttpUri', uri: `${place.httpBase}/boot/${place.mac.replaceAll(':', '-')}.ipxe` };
  }
  // ROMs older than RFC 4578 send no architecture: they are BIOS.
  const loader = loaderByArchitecture.get(client.architecture ?? architectures.bios);
  if (loader === undefined || place.has?.(loader) === false) return { kind: 'None' };
  if (kind === 'HTTPClient')
    return { kind: 'HttpUri', uri: `${place.httpsBase ?? place.httpBase}/loaders/${loader}` };
  return { kind: 'File', file: loader, nextServer: place.tftpServer };
}

/** Whether there is a loader for the client at all; IA-32 UEFI and 32-bit ARM have none. iPXE brings its own. */
export function canBoot(client: BootIdentity): boolean {
  return clientKind(client) === 'iPXE' || loaderByArchitecture.has(client.architecture ?? architectures.bios);
}
