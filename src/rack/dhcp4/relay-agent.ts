import { option, readNumber } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/** What a relay said of itself. Addresses are unsigned 32-bit numbers. */
export interface RelayAgent {
  /** Where the answer goes. */
  address: number;
  /** The network that the client is on: link selection (RFC 3527), else option 118 (RFC 3011), else giaddr. */
  link: number;
  /** What the client must believe the server to be (RFC 5107). */
  serverIdentifier: number | undefined;
  /** Whether the relay got the message by unicast (RFC 5010); undefined: it does not say. */
  unicast: boolean | undefined;
  /** Its answers go to the UDP port that it sent from, not to 67 (RFC 8357). */
  ownPort: boolean;
}

/** The relay that a packet came through; undefined for a client on the rack's own network. */
export function relayAgentOf(packet: Dhcp4Packet): RelayAgent | undefined {
  if (packet.giaddr === 0) return undefined;
  const information = packet.options.get(option.relayAgent.code);
  const flags = subOption(information, 10);
  return {
    address: packet.giaddr,
    link: subOptionAddress(information, 5) ?? selectedSubnet(packet) ?? packet.giaddr,
    serverIdentifier: subOptionAddress(information, 11),
    unicast: flags?.length === 1 ? ((flags[0] ?? 0) & 0x80) !== 0 : undefined,
    ownPort: subOption(information, 19) !== undefined,
  };
}

/** The subnet that a message asks an address of, for whoever it is sent (RFC 3011); undefined: it does not say. */
export function selectedSubnet(packet: Dhcp4Packet): number | undefined {
  const value = packet.options.get(option.subnetSelection.code);
  return value?.length === 4 ? readNumber(packet.options, option.subnetSelection) || undefined : undefined;
}

/** A sub-option of four bytes; undefined when it is absent, misshapen or zero. */
function subOptionAddress(information: Uint8Array | undefined, code: number): number | undefined {
  const bytes = subOption(information, code);
  if (bytes?.length !== 4) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) || undefined;
}

function subOption(information: Uint8Array | undefined, code: number): Uint8Array | undefined {
  if (information === undefined) return undefined;
  let at = 0;
  while (at + 1 < information.length) {
    const length = information[at + 1] ?? 0;
    if (information[at] === code && at + 2 + length <= information.length) {
      return information.subarray(at + 2, at + 2 + length);
    }
    at += 2 + length;
  }
  return undefined;
}
