import { ipBytes, messageType, option, u32Bytes } from './options.ts';
import { joinBytes, tlv } from './tlv.ts';

/** The first options of an answer: what it is, from whom, and for how long. */
export interface Leads {
  offer: Uint8Array;
  ack: Uint8Array;
  /** The answer to an INFORM, which has no times. */
  inform: Uint8Array;
}

/** The leads of a server and a lease; `leaseSeconds` undefined leaves the times out. */
export function leadsOf(server: number, leaseSeconds: number | undefined): Leads {
  return {
    offer: leadOf(messageType.offer, server, leaseSeconds),
    ack: leadOf(messageType.ack, server, leaseSeconds),
    inform: leadOf(messageType.ack, server, undefined),
  };
}

/**
 * Message type, server identifier, lease time, T1 and T2, which are in the OFFER too: HP's JetDirect cards take no
 * offer without them.
 */
export function leadOf(type: number, server: number, leaseSeconds: number | undefined): Uint8Array {
  const options = [
    tlv(option.messageType.code, Uint8Array.of(type)),
    tlv(option.serverIdentifier.code, ipBytes(server)),
  ];
  if (leaseSeconds !== undefined) {
    options.push(
      tlv(option.leaseTime.code, u32Bytes(leaseSeconds)),
      tlv(option.renewalTime.code, u32Bytes(Math.floor(leaseSeconds / 2))),
      tlv(option.rebindingTime.code, u32Bytes(Math.floor((leaseSeconds * 7) / 8))),
    );
  }
  return joinBytes(options);
}
