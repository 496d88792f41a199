import { macFromBytes } from '../../domain/net/mac.ts';
import { type ClientKind, clientKind } from './boot-file.ts';
import { type ClientFqdn, readFqdn } from './fqdn.ts';
import { clientOf, type IdentityRule } from './identity.ts';
import { hasIpxeHttp, option, readMachineUuid, readNumber, readText, readUserClasses } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/** What a packet says of its sender, read once. */
export interface Client {
  /** See `identity.ts`. */
  id: string;
  /** Lower-case and colon-separated; the empty string without a hardware address. */
  mac: string;
  kind: ClientKind;
  architecture: number | undefined;
  /** The first one; `iPXE` for iPXE, also where its script set another. */
  userClass: string | undefined;
  vendorClass: string | undefined;
  uuid: string | undefined;
  /** As it calls itself, in option 12 or 81; printable characters only. */
  hostname: string | undefined;
  fqdn: ClientFqdn | undefined;
  /** Its strings end in NUL, or it is Microsoft's: it wants strings that do too. */
  wantsNul: boolean;
  /** Option 55. */
  list: Uint8Array | undefined;
  /** Whether it asked for an option; without a list, it takes what there is. */
  requested(code: number): boolean;
}

const ipxe = 'iPXE';
const longestHostname = 253;

/** Undefined for a packet that names nobody. */
export function readClient(packet: Dhcp4Packet, rule?: IdentityRule): Client | undefined {
  const id = clientOf(packet, rule);
  if (id === undefined) return undefined;
  const { options } = packet;
  const classes = readUserClasses(options);
  const userClass = classes.includes(ipxe) || hasIpxeHttp(options) ? ipxe : classes[0];
  const vendorClass = readText(options, option.vendorClass);
  const list = options.get(option.parameterList.code);
  const name = options.get(option.hostName.code);
  const fqdn = readFqdn(options);
  return {
    id,
    mac: macFromBytes(packet.chaddr),
    kind: clientKind({ userClass, vendorClass }),
    architecture: readNumber(options, option.architecture),
    userClass,
    vendorClass,
    uuid: readMachineUuid(options),
    hostname: printable(readText(options, option.hostName)) ?? printable(fqdn?.name),
    fqdn,
    list,
    wantsNul: name?.at(-1) === 0 || vendorClass?.startsWith('MSFT') === true,
    requested: (code) => list === undefined || list.includes(code),
  };
}

/** A name that is shown to people and written to logs: nothing that a terminal would obey. */
function printable(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const clean = text.replaceAll(/[^!-~]/g, '').slice(0, longestHostname);
  return clean === '' ? undefined : clean;
}
