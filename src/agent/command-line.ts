import { parseSecureApi, type SecureApi } from '../domain/boot/secure-api.ts';

/** What the rack wrote on the kernel command line. */
export interface CommandLine {
  /** Base URL of the rack that booted this machine, without a slash at the end. */
  rack: string;
  /** The boot token. Undefined in an enlistment boot. */
  token?: string;
  enlist: boolean;
  /** MAC address of the interface that the machine booted from, lower case with colons. */
  bootMac?: string;
  /** Seconds to listen for LLDP. Undefined: decided from the hardware. */
  lldpSeconds?: number;
  /** How the rack is to be spoken to by HTTPS. Undefined: by HTTP. */
  secure?: SecureApi | 'unusable';
}

/**
 * Reads /proc/cmdline. The boot interface is `mw.mac=`, else `BOOTIF=01-<MAC with dashes>` as PXELINUX and iPXE write it.
 *
 * @returns undefined when there is no usable `mw.rack=`
 */
export function parseCommandLine(text: string): CommandLine | undefined {
  const words = new Map<string, string>();
  for (const word of text.trim().split(/\s+/)) {
    const at = word.indexOf('=');
    if (at > 0) words.set(word.slice(0, at), word.slice(at + 1));
  }
  const rack = words.get('mw.rack')?.replace(/\/+$/, '');
  if (rack === undefined || !/^https?:\/\/[^/]+/.test(rack)) return undefined;
  const token = words.get('mw.token');
  const bootMac = macAddress(words.get('mw.mac')) ?? macAddress(words.get('BOOTIF')?.replace(/^01-/, ''));
  const secure = parseSecureApi(words);
  const lldp = Number(words.get('mw.lldp'));
  return {
    rack,
    enlist: words.get('mw.enlist') === '1',
    ...(token === undefined || token === '' ? {} : { token }),
    ...(bootMac === undefined ? {} : { bootMac }),
    ...(secure === undefined ? {} : { secure }),
    ...(words.has('mw.lldp') && lldp >= 0 && lldp <= 120 ? { lldpSeconds: lldp } : {}),
  };
}

function macAddress(text: string | undefined): string | undefined {
  const address = text?.toLowerCase().replaceAll('-', ':');
  return address !== undefined && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address) ? address : undefined;
}
