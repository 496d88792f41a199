import { macFromBytes } from '../../domain/net/mac.ts';
import { type ClientKind, clientKind } from './boot-file.ts';
import { clientOf, type IdentityRule } from './identity.ts';
import { option, readMachineUuid, readNumber, readText, readUserClass } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/** What a packet says of its sender, read once. */
export interface Client {
  /** See `identity.ts`. */
  id: string;
  /** Lower-case and colon-separated; the empty string without a hardware address. */
  mac: string;
  kind: ClientKind;
  architecture: number | undefined;
  userClass: string | undefined;
  vendorClass: string | undefined;
  uuid: string | undefined;
  hostname: string | undefined;
  /** Its strings end in NUL, or it is Microsoft's: it wants strings that do too. */
  wantsNul: boolean;
  /** Whether it asked for an option; without a list, it takes what there is. */
  requested(code: number): boolean;
}

/** Undefined for a packet that names nobody. */
export function readClient(packet: Dhcp4Packet, rule?: IdentityRule): Client | undefined {
  const id = clientOf(packet, rule);
  if (id === undefined) return undefined;
  const { options } = packet;
  const userClass = readUserClass(options);
  const vendorClass = readText(options, option.vendorClass);
  const list = options.get(option.parameterList.code);
  const name = options.get(option.hostName.code);
  return {
    id,
    mac: macFromBytes(packet.chaddr),
    kind: clientKind({ userClass, vendorClass }),
    architecture: readNumber(options, option.architecture),
    userClass,
    vendorClass,
    uuid: readMachineUuid(options),
    hostname: readText(options, option.hostName) || undefined,
    wantsNul: name?.at(-1) === 0 || vendorClass?.startsWith('MSFT') === true,
    requested: (code) => list === undefined || list.includes(code),
  };
}
