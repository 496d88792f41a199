import { formatIp, isIp, parseIp } from '../../../../src/domain/net/address.ts';
import type { NewObject } from '../../api/writes.ts';

/** What the form asks. */
export interface ReservationForm {
  address: string;
  purpose: 'Reserved' | 'Static';
  mac: string;
  hostname: string;
  description: string;
}

/** The name under which an address is reserved: itself, for IPv6 all eight groups of four digits with dashes. */
export function reservationName(address: string): string {
  if (!isIp(address)) return address;
  const parsed = parseIp(address);
  if (parsed.family === 4) return formatIp(parsed);
  const digits = parsed.value.toString(16).padStart(32, '0');
  return (digits.match(/.{4}/g) ?? []).join('-');
}

/** The IPAddress that the form describes: that it exists is the reservation. */
export function reservation(subnet: string, form: ReservationForm): NewObject {
  const address = form.address.trim();
  const given = {
    mac: form.purpose === 'Static' ? form.mac.trim().toLowerCase().replaceAll('-', ':') : '',
    hostname: form.purpose === 'Static' ? form.hostname.trim() : '',
    description: form.description.trim(),
  };
  return {
    metadata: { name: reservationName(address) },
    spec: {
      address: isIp(address) ? formatIp(parseIp(address)) : address,
      subnet,
      purpose: form.purpose,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')),
    },
  };
}
