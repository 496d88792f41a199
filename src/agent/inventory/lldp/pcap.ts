import { DecodeError } from '../../../errors/decode-error.ts';

/** A file of captured packets comes in pieces; this puts packets together. */
export interface PcapReader {
  /** Packets that are complete now. @throws DecodeError when it is no capture of this machine's byte order */
  push(bytes: Uint8Array): Uint8Array[];
}

const fileHeader = 24;
const packetHeader = 16;

/** Larger packets are not captured: LLDP fits one Ethernet frame. */
const largestPacket = 65_536;

/** Reads a pcap stream (draft-ietf-opsawg-pcap, sections 4 and 5), little-endian, as tcpdump writes it. */
export function createPcapReader(): PcapReader {
  let pending: Uint8Array = new Uint8Array(0);
  let started = false;
  return {
    push(bytes) {
      pending = Buffer.concat([pending, bytes]);
      if (!started) {
        if (pending.length < fileHeader) return [];
        const magic = viewOf(pending).getUint32(0, true);
        if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) throw new DecodeError('not a pcap stream');
        pending = pending.subarray(fileHeader);
        started = true;
      }
      const packets: Uint8Array[] = [];
      while (pending.length >= packetHeader) {
        const length = viewOf(pending).getUint32(8, true);
        if (length > largestPacket) throw new DecodeError(`pcap: a packet of ${length} bytes`);
        if (pending.length < packetHeader + length) break;
        packets.push(pending.slice(packetHeader, packetHeader + length));
        pending = pending.subarray(packetHeader + length);
      }
      return packets;
    },
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
