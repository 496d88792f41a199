import { option } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/** What a PXE client asks a boot server for (PXE 2.1, table 2-1, tag 71). */
export interface BootItem {
  /** 0 is the bootstrap server's. */
  type: number;
  /** With the top bit, which asks for credentials. */
  layer: number;
}

const tagDiscoveryControl = 6;
const tagBootItem = 71;
const tagEnd = 255;
/** Discovery control 8: take the boot file that is named here, look for no other server. */
const takeTheFile = 8;

/** Reads the boot item out of option 43; undefined when there is none or the option is misshapen. */
export function bootItem(packet: Dhcp4Packet): BootItem | undefined {
  const bytes = packet.options.get(option.vendorSpecific.code);
  if (bytes === undefined) return undefined;
  let at = 0;
  while (at < bytes.length && bytes[at] !== tagEnd) {
    // A pad has no length.
    if (bytes[at] === 0) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (bytes[at] === tagBootItem && length === 4 && at + 6 <= bytes.length) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at + 2, 4);
      return { type: view.getUint16(0), layer: view.getUint16(2) };
    }
    at += 2 + length;
  }
  return undefined;
}

/** Option 43 of an answer with a boot file; the item is the question's. */
export function vendorOptions(item: BootItem | undefined): Uint8Array {
  const control = [tagDiscoveryControl, 1, takeTheFile];
  if (item === undefined) return Uint8Array.of(...control, tagEnd);
  const { type, layer } = item;
  return Uint8Array.of(...control, tagBootItem, 4, type >> 8, type, layer >> 8, layer, tagEnd);
}

/** The header of an answer, without addresses and options. */
export function replyHeader(request: Dhcp4Packet): Dhcp4Packet {
  const { htype, xid, flags, giaddr, chaddr } = request;
  const empty = { hops: 0, secs: 0, ciaddr: 0, yiaddr: 0, siaddr: 0, sname: '', file: '' };
  return { op: 2, htype, xid, flags, giaddr, chaddr, ...empty, options: new Map() };
}
