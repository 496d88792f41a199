import { networkInterfaces } from 'node:os';
import { parseMac } from '../../domain/net/mac.ts';

/** One interface that is up and has an address. */
export interface NetworkInterface {
  name: string;
  /** Lower-case and colon-separated. */
  mac: string;
  /** In the kernel's order; `cidr` keeps the host bits, `10.0.0.1/24`. Link-local IPv6 included. */
  addresses: { family: 4 | 6; address: string; cidr: string }[];
}

/** The machine's interfaces apart from the loopback. Those without any address are not known to Node and left out. */
export function listInterfaces(source: typeof networkInterfaces = networkInterfaces): NetworkInterface[] {
  const found: NetworkInterface[] = [];
  for (const [name, entries = []] of Object.entries(source())) {
    const outside = entries.filter((entry) => !entry.internal);
    const first = outside[0];
    if (first === undefined) continue;
    found.push({
      name,
      mac: parseMac(first.mac),
      addresses: outside.flatMap((entry) =>
        entry.cidr === null
          ? []
          : [{ family: entry.family === 'IPv4' ? 4 : 6, address: entry.address, cidr: entry.cidr }],
      ),
    });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
