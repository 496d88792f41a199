import { option } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/** What a relay said of itself. Addresses are unsigned 32-bit numbers. */
export interface RelayAgent {
  /** Where the answer goes. */
  address: number;
  /** The network that the client is on: link selection (RFC 3527) or else giaddr. */
  link: number;
  /** What the client must believe the server to be (RFC 5107). */
  serverIdentifier: number | undefined;
}

/** The relay that a packet came through; undefined for a client on the rack's own network. */
export function relayAgentOf(packet: Dhcp4Packet): RelayAgent | undefined {
  if (packet.giaddr === 0) return undefined;
  const information = packet.options.get(option.relayAgent.code);
  return {
    address: packet.giaddr,
    link: subOptionAddress(information, 5) ?? packet.giaddr,
    serverIdentifier: subOptionAddress(information, 11),
  };
}

/** A sub-option of four bytes; undefined when it is absent, misshapen or zero. */
function subOptionAddress(information: Uint8Array | undefined, code: number): number | undefined {
  if (information === undefined) return undefined;
  let at = 0;
  while (at + 1 < information.length) {
    const length = information[at + 1] ?? 0;
    if (information[at] === code && length === 4 && at + 6 <= information.length) {
      const view = new DataView(information.buffer, information.byteOffset + at + 2, 4);
      return view.getUint32(0) || undefined;
    }
    at += 2 + length;
  }
  return undefined;
}
