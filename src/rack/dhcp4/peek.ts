import { macFromBytes } from '../../domain/net/mac.ts';

const typeCode = 53;
const optionsAt = 240;

/** The message type (option 53) of a DHCP message, without decoding it: 0 where there is none in the options field. */
export function peekMessageType(bytes: Uint8Array): number {
  let at = optionsAt;
  while (at + 2 < bytes.length) {
    const code = bytes[at];
    if (code === typeCode) return bytes[at + 2] ?? 0;
    if (code === 255) return 0;
    at += code === 0 ? 1 : 2 + (bytes[at + 1] ?? 0);
  }
  return 0;
}

/** The hardware address of the client, as Ethernet has it. */
export function peekMac(bytes: Uint8Array): string {
  return macFromBytes(bytes.subarray(28, 34));
}
