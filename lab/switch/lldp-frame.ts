/** What a switch says of itself and of one of its ports. */
export interface Announcement {
  /** Six bytes: the switch's address, which is also the frame's sender. */
  mac: Uint8Array;
  name: string;
  port: string;
  /** For how long it holds, in seconds. */
  lifetimeSeconds: number;
}

export const lldpEtherType = 0x88cc;

/** The nearest bridge: a frame to it goes no further than one wire (IEEE 802.1AB, section 7.1). */
const nearestBridge = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e];

/** An Ethernet frame with an LLDPDU (IEEE 802.1AB, section 8): chassis, port, lifetime, the port in words, the switch's name. */
export function encodeLldpFrame({ mac, name, port, lifetimeSeconds }: Announcement): Uint8Array {
  const words = (text: string): Buffer => Buffer.from(text, 'utf8');
  const frame = Buffer.concat([
    Buffer.from([...nearestBridge, ...mac, lldpEtherType >> 8, lldpEtherType & 0xff]),
    // Subtypes: 4, a chassis by its MAC address; 5, a port by the name of its interface.
    field(1, Buffer.from([4, ...mac])),
    field(2, Buffer.concat([Buffer.from([5]), words(port)])),
    field(3, Buffer.from([lifetimeSeconds >> 8, lifetimeSeconds & 0xff])),
    field(4, words(`laboratory, ${port}`)),
    field(5, words(name)),
    field(0, Buffer.alloc(0)),
  ]);
  // An Ethernet frame has 60 bytes at least, without its checksum.
  return Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
}

/** 7 bits of type, 9 of length (section 8.4). */
function field(type: number, value: Uint8Array): Buffer {
  const header = (type << 9) | value.length;
  return Buffer.concat([Buffer.from([header >> 8, header & 0xff]), value]);
}
