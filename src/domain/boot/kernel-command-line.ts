import { type SecureApi, secureApiWords } from './secure-api.ts';

/** What the kernel command line of the ephemeral OS says, as the agent reads it. */
export interface KernelCommandLine {
  /** Base URL of the rack, without a slash at the end. */
  rack: string;
  /** MAC address of the interface that the machine boots from, lower case with colons. */
  mac: string;
  /** The boot token, or undefined: then the machine is asked to enlist. */
  token: string | undefined;
  /** Further words, one an entry: the image's, then the machine's. Later ones win with the kernel. */
  extra: readonly string[];
  /** Undefined: DHCP is asked. */
  network?: StaticNetwork | undefined;
  /** Undefined: the agent speaks plain HTTP. */
  api?: SecureApi | undefined;
}

/** Addresses of a machine that gets none by DHCP. IPv4. */
export interface StaticNetwork {
  /** `10.0.0.9/24` */
  address: string;
  gateway?: string | undefined;
  dnsServers: readonly string[];
  /** 802.1Q VLAN id; undefined: frames carry no tag. */
  vlan?: number | undefined;
  mtu: number;
}

/** Why there is no command line: somebody's argument could be taken for a word of the boot script. */
export interface RefusedArgument {
  refused: string;
}

/** `COMMAND_LINE_SIZE` of x86 is 2048 with its NUL; what is beyond would be cut off in silence. */
export const longestCommandLine = 2047;

/** Letters that neither a boot script nor the kernel takes for anything but themselves. No quotes, `$`, `#`, `;`, `&`, `|`. */
const word = /^[A-Za-z0-9][A-Za-z0-9_.,:/=@%+-]*$/;
const baseUrl = /^http:\/\/[A-Za-z0-9.:[\]-]+$/;
const macAddress = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const tokenLetters = /^[A-Za-z0-9_-]{16,128}$/;

/** The console that comes last gets the kernel's own messages and the agent's; an image may add a later one. */
const consoles = ['console=tty0', 'console=ttyS0,115200n8'];

/**
 * The kernel command line in words, or the first argument that cannot be on one. The words that identify the machine come
 * last, so that no other argument replaces them.
 */
export function renderKernelCommandLine(line: KernelCommandLine): string[] | RefusedArgument {
  const { rack, mac, token, extra, network, api } = line;
  if (!baseUrl.test(rack)) return refuse('the address of the rack');
  if (!macAddress.test(mac)) return refuse('the MAC address');
  if (token !== undefined && !tokenLetters.test(token)) return refuse('the boot token');
  if (network !== undefined && networkWords(network).some((argument) => !word.test(argument)))
    return refuse('the static network');
  if (api !== undefined && secureApiWords(api).some((argument) => !word.test(argument)))
    return refuse('the name of the rack');
  const bad = extra.find((argument) => !word.test(argument) || argument.startsWith('mw.'));
  if (bad !== undefined) return refuse(JSON.stringify(bad).slice(0, 80));
  const words = [
    ...consoles,
    ...extra,
    ...(network === undefined ? [] : networkWords(network)),
    `mw.rack=${rack}`,
    ...(api === undefined ? [] : secureApiWords(api)),
    `mw.mac=${mac}`,
    token === undefined ? 'mw.enlist=1' : `mw.token=${token}`,
  ];
  const length = words.join(' ').length;
  if (length > longestCommandLine)
    return { refused: `the kernel command line has ${length} letters, more than ${longestCommandLine}` };
  return words;
}

function networkWords({ address, gateway, dnsServers, vlan, mtu }: StaticNetwork): string[] {
  return [
    `mw.ip=${address}`,
    `mw.mtu=${mtu}`,
    ...(gateway === undefined ? [] : [`mw.gateway=${gateway}`]),
    ...(dnsServers.length === 0 ? [] : [`mw.dns=${dnsServers.join(',')}`]),
    ...(vlan === undefined ? [] : [`mw.vlan=${vlan}`]),
  ];
}

function refuse(what: string): RefusedArgument {
  return { refused: `not usable on a kernel command line: ${what}` };
}
