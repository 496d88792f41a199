import { readdir, readFile, readlink } from 'node:fs/promises';
import { endianness } from 'node:os';

/** A port of this node. */
export interface Port {
  protocol: 'udp' | 'tcp';
  number: number;
}

/** One line of `/proc/net/udp` or `/proc/net/tcp`. */
export interface SocketLine {
  /** Dotted quad; undefined for IPv6 that holds no IPv4. */
  address: string | undefined;
  port: number;
  inode: string;
  /** Of the kernel's table: 10 is a TCP socket that listens, 7 a UDP socket. */
  state: number;
}

/** A process that holds a port. */
export interface PortHolder {
  pid: number;
  /** As the kernel shortens it, 15 characters. */
  name: string;
  /** The address that it is bound to; undefined for IPv6. */
  address: string | undefined;
}

const listening: Record<Port['protocol'], number> = { udp: 7, tcp: 10 };

/** Reads `/proc/net/{udp,tcp}` and their IPv6 twins, see proc(5). Lines that are none are left out. */
export function parseSocketTable(text: string, littleEndian = endianness() === 'LE'): SocketLine[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address, port] = fields[1]?.split(':') ?? [];
    const [state, inode] = [fields[3], fields[9]];
    if (address === undefined || port === undefined || state === undefined || inode === undefined) return [];
    if (!/^([0-9A-F]{8}|[0-9A-F]{32})$/.test(address) || !/^\d+$/.test(inode)) return [];
    return [
      {
        address: address.length === 8 ? quadOf(address, littleEndian) : undefined,
        port: Number.parseInt(port, 16),
        inode,
        state: Number.parseInt(state, 16),
      },
    ];
  });
}

/** The kernel prints the address as one number of its own byte order. */
function quadOf(hex: string, littleEndian: boolean): string {
  const bytes = hex.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return (littleEndian ? bytes.reverse() : bytes).join('.');
}

/**
 * Who holds a port of this network namespace, this process apart. Processes that this one may not look into, of other containers for
 * one, are not found: then the list is empty.
 *
 * @param root for tests, in place of `/proc`
 */
export async function findPortHolders(port: Port, root = '/proc'): Promise<PortHolder[]> {
  const tables = await Promise.all(
    [port.protocol, `${port.protocol}6`].map((name) =>
      readFile(`${root}/net/${name}`, 'latin1').catch(() => ''),
    ),
  );
  const sockets = tables
    .flatMap((text) => parseSocketTable(text))
    .filter((line) => line.port === port.number && line.state === listening[port.protocol]);
  const byLink = new Map(sockets.map((line) => [`socket:[${line.inode}]`, line.address]));
  if (byLink.size === 0) return [];
  const found: PortHolder[] = [];
  for (const entry of await readdir(root)) {
    const pid = Number(entry);
    if (!/^\d+$/.test(entry) || pid === process.pid) continue;
    const held = await heldBy(`${root}/${entry}/fd`, byLink);
    if (held === undefined) continue;
    const name = await readFile(`${root}/${entry}/comm`, 'utf8').catch(() => '?');
    found.push({ pid, name: name.trim(), address: byLink.get(held) });
  }
  return found;
}

/** Which of the sockets a process has open; undefined for none, or when it may not be looked into. */
async function heldBy(folder: string, sockets: ReadonlyMap<string, unknown>): Promise<string | undefined> {
  for (const fd of await readdir(folder).catch(() => [])) {
    const link = await readlink(`${folder}/${fd}`).catch(() => '');
    if (sockets.has(link)) return link;
  }
  return undefined;
}

/** For people: who has the port, and what to do about it. */
export function describeHolders({ protocol, number }: Port, holders: readonly PortHolder[]): string {
  const port = `${protocol.toUpperCase()} port ${number}`;
  if (holders.length === 0)
    return `${port} is held by a process that cannot be seen from here: look with ss -lp on the node`;
  const names = holders.map(
    ({ name, pid, address }) => `${name} (pid ${pid}${address === undefined ? '' : `, on ${address}`})`,
  );
  return `${port} is held by ${names.join(' and ')}: stop it, or disable the service on this Rack`;
}
