import { macFromBytes } from '../../domain/net/mac.ts';
import { option } from './options.ts';
import type { Dhcp4Packet } from './packet.ts';

/**
 * Who a lease belongs to.
 *
 * `Mac`, the default: hardware type and address, as `1/52:54:00:00:00:01`. A machine is the same client whether its
 * firmware, iPXE, the ephemeral OS or the installed OS asks, though each sends another client identifier.
 * `ClientIdentifier`: option 61 where it is sent (RFC 2131, 2; RFC 6842), as `id/…` in hexadecimal.
 */
export type IdentityRule = 'Mac' | 'ClientIdentifier';

/** See `IdentityRule`. A client without a hardware address is known by option 61; with neither it is undefined. */
export function clientOf(packet: Dhcp4Packet, rule: IdentityRule = 'Mac'): string | undefined {
  const identifier = packet.options.get(option.clientIdentifier.code);
  const nameless = packet.chaddr.every((byte) => byte === 0);
  if (identifier !== undefined && identifier.length > 0 && (rule === 'ClientIdentifier' || nameless)) {
    return `id/${Buffer.from(identifier).toString('hex')}`;
  }
  return nameless ? undefined : `${packet.htype}/${macFromBytes(packet.chaddr)}`;
}
