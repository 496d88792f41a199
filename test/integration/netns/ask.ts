import { join } from 'node:path';
import { macToBytes } from '../../../src/domain/net/mac.ts';
import { messageType, option, textBytes } from '../../../src/rack/dhcp4/options.ts';
import { type Dhcp4Packet, decodePacket, encodePacket } from '../../../src/rack/dhcp4/packet.ts';
import type { Namespace } from './namespaces.ts';

/** A client's message, made by hand; `options` by code on top of the message type. */
export function aMessage(
  type: keyof typeof messageType,
  mac: string,
  part: Partial<Dhcp4Packet> = {},
  options: [number, Uint8Array][] = [],
): Dhcp4Packet {
  return {
    ...{ op: 1, htype: 1, hops: 0, xid: 0x4d570001, secs: 0, flags: 0, chaddr: macToBytes(mac) },
    ...{ ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, sname: '', file: '' },
    options: new Map<number, Uint8Array>([
      [option.messageType.code, Uint8Array.of(messageType[type])],
      ...options,
    ]),
    ...part,
  };
}

/** What PXE firmware says of itself. */
export function pxeOptions(architecture: number): [number, Uint8Array][] {
  const number = String(architecture).padStart(5, '0');
  return [
    [option.vendorClass.code, textBytes(`PXEClient:Arch:${number}:UNDI:003001`)],
    [option.architecture.code, Uint8Array.of(0, architecture)],
    [option.parameterList.code, Uint8Array.of(1, 3, 43, 60, 66, 67)],
  ];
}

/** Sends a message out of a namespace and gives back the answers. Addresses are `10.0.0.1:67`. */
export async function ask(
  space: Namespace,
  from: string,
  to: string,
  message: Dhcp4Packet,
): Promise<Dhcp4Packet[]> {
  const program = join(import.meta.dirname, 'ask-program.ts');
  const hex = Buffer.from(encodePacket(message)).toString('hex');
  const { code, output } = await space.run([
    ...[process.execPath, program, ...from.split(':'), ...to.split(':'), hex],
  ]);
  if (code !== 0) throw new Error(`could not ask:\n${output}`);
  return [...output.matchAll(/^reply ([0-9a-f]+)$/gm)].map(([, reply = '']) =>
    decodePacket(Buffer.from(reply, 'hex')),
  );
}
