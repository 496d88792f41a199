import { readFileSync } from 'node:fs';

/** Whom the kernel found at an address by ARP. */
export interface Neighbour {
  /** Lower-case and colon-separated. */
  mac: string;
  device: string;
}

const complete = 0x2;

/**
 * The kernel's IPv4 neighbour table (proc(5), /proc/net/arp), by address. Entries that nobody answered for are left out; an
 * address that is there on two interfaces has two entries.
 */
export function parseNeighbours(text: string): Map<string, Neighbour[]> {
  const found = new Map<string, Neighbour[]>();
  for (const line of text.split('\n').slice(1)) {
    const [address = '', , flags = '', mac = '', , device = ''] = line.trim().split(/\s+/);
    if (device === '' || (Number(flags) & complete) === 0) continue;
    found.set(address, [...(found.get(address) ?? []), { mac: mac.toLowerCase(), device }]);
  }
  return found;
}

/** Whom the kernel found at one address, now; none where there is no such table. */
export function neighboursAt(address: string, path = '/proc/net/arp'): readonly Neighbour[] {
  try {
    return parseNeighbours(readFileSync(path, 'utf8')).get(address) ?? [];
  } catch {
    return [];
  }
}
