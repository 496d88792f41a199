import { macToBytes } from '../../domain/net/mac.ts';
import { messageType, option, readText, textBytes } from './options.ts';
import { broadcastFlag, type Dhcp4Packet, encodePacket } from './packet.ts';

/** By which racks know each other's probes: they are not answered, so that a probe costs no address. */
const probeClass = 'metalwright-probe';

/**
 * A DISCOVER that only wants to hear who answers. It is sent with the interface's own MAC address: an invented one would
 * take another address out of the foreign server's range each time.
 */
export function encodeProbe(mac: string, xid: number): Uint8Array {
  const probe: Dhcp4Packet = {
    ...{ op: 1, htype: 1, hops: 0, xid, secs: 0, flags: broadcastFlag, chaddr: macToBytes(mac) },
    ...{ ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, sname: '', file: '' },
    options: new Map([
      [option.messageType.code, Uint8Array.of(messageType.discover)],
      [option.vendorClass.code, textBytes(probeClass)],
      [option.parameterList.code, Uint8Array.of(option.subnetMask.code, option.router.code)],
    ]),
  };
  return encodePacket(probe);
}

/** Whether a packet is a rack's probe. */
export function isProbe(packet: Dhcp4Packet): boolean {
  const length = packet.options.get(option.vendorClass.code)?.length;
  return length === probeClass.length && readText(packet.options, option.vendorClass) === probeClass;
}
