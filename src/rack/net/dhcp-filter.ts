import { endianness } from 'node:os';

/** One instruction of the classic packet filter: opcode, jumps if true and if false, operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const loadWord = 0x20;
const loadHalf = 0x28;
const loadByte = 0x30;
const loadHalfAfterHeader = 0x48;
const headerLength = 0xb1;
const jumpIfEqual = 0x15;
const jumpIfGreater = 0x25;
const jumpIfAnyBit = 0x45;
const give = 0x06;
/** Where the kernel keeps whom the frame was for: 0 us, 1 broadcast, 2 multicast, 3 another host, 4 sent by us. */
const packetType = 0xfffff004;
const multicast = 2;
const udp = 17;

/**
 * The packet filter of a socket that hears DHCP servers speak to clients: UDP from port 67 to 68, unfragmented, sent by
 * others, to us or to everybody. What is for other hosts is left out, since frames of VLANs that this machine does not
 * know come that way too. An array of `struct sock_filter` in the byte order of this machine, for packets that begin
 * with the IPv4 header.
 */
export function dhcpReplyFilter(): Uint8Array {
  const program: Instruction[] = [
    [loadWord, 0, 0, packetType],
    [jumpIfGreater, 10, 0, multicast],
    [loadByte, 0, 0, 9],
    [jumpIfEqual, 0, 8, udp],
    [loadHalf, 0, 0, 6],
    [jumpIfAnyBit, 6, 0, 0x3fff],
    [headerLength, 0, 0, 0],
    [loadHalfAfterHeader, 0, 0, 0],
    [jumpIfEqual, 0, 3, 67],
    [loadHalfAfterHeader, 0, 0, 2],
    [jumpIfEqual, 0, 1, 68],
    [give, 0, 0, 0xffff],
    [give, 0, 0, 0],
  ];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  const littleEndian = endianness() === 'LE';
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    view.setUint16(index * 8, code, littleEndian);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, operand, littleEndian);
  }
  return bytes;
}
