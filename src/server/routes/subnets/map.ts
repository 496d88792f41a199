import type { IpAddressObject } from '../../../api/ip-address/schema.ts';
import { excludedRanges, rangeOf } from '../../../api/subnet/ranges.ts';
import type { Subnet } from '../../../api/subnet/schema.ts';
import { formatIp, type IpAddress, isIp, parseIp } from '../../../domain/net/address.ts';
import { cidrContains, parseCidr, usableHosts } from '../../../domain/net/cidr.ts';
import { nextFreeAddress } from '../../../domain/net/free-addresses.ts';
import { type IpRange, rangeSize, singleAddress } from '../../../domain/net/range.ts';

export const segmentKinds = ['Gateway', 'Reserved', 'Dynamic', 'Assigned', 'Free'] as const;

/** A stretch of a subnet with one use. */
export interface Segment {
  first: string;
  last: string;
  /** Decimal: an IPv6 subnet has more than a number can hold. */
  size: string;
  use: (typeof segmentKinds)[number];
  /** Of an address that somebody has. */
  address?: { name: string; purpose: string; machine?: string; mac?: string; hostname?: string };
}

interface Piece {
  range: IpRange;
  use: Segment['use'];
  address?: IpAddressObject;
}

/**
 * How the usable addresses of a subnet are used, in order: at most `limit` segments from the address `from` on. Where uses overlap,
 * an address that somebody has is shown as that, then the gateway, then ranges.
 */
export function mapOf(
  subnet: Subnet,
  assigned: readonly IpAddressObject[],
  { from, limit }: { from: string | undefined; limit: number },
): { segments: Segment[]; next: string | undefined } {
  const cidr = parseCidr(subnet.spec.cidr);
  const usable = usableHosts(cidr);
  const first = from === undefined || !isIp(from) ? usable.first : maximum(parseIp(from).value, usable.first);
  const within = { ...usable, first };
  if (first > usable.last) return { segments: [], next: undefined };
  const pieces = cover(within, layersOf(subnet, assigned, cidr.family));
  const segments = pieces.slice(0, limit).map(segmentOf);
  const after = pieces[limit]?.range;
  return {
    segments,
    next: after === undefined ? undefined : formatIp({ family: after.family, value: after.first }),
  };
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Uses by precedence: what comes first hides what comes later. */
function layersOf(subnet: Subnet, assigned: readonly IpAddressObject[], family: 4 | 6): Piece[][] {
  const ranges = (list: Subnet['spec']['ranges']['dynamic'], use: Segment['use']): Piece[] =>
    list
      .map(rangeOf)
      .filter((range) => range?.family === family)
      .flatMap((range) => (range === undefined ? [] : [{ range, use }]));
  const { gateway } = subnet.spec;
  return [
    assigned
      .filter(({ spec }) => isIp(spec.address))
      .map((address) => ({
        range: singleAddress(parseIp(address.spec.address)),
        use: 'Assigned' as const,
        address,
      })),
    gateway === undefined ? [] : [{ range: singleAddress(parseIp(gateway)), use: 'Gateway' as const }],
    ranges(subnet.spec.ranges.reserved, 'Reserved'),
    ranges(subnet.spec.ranges.dynamic, 'Dynamic'),
  ];
}

/** Pieces that cover all of `within`, in order and without overlaps; what no layer has is free. */
function cover(within: IpRange, layers: readonly Piece[][]): Piece[] {
  const [layer = [], ...lower] = layers;
  if (layers.length === 0) return [{ range: within, use: 'Free' }];
  const own = layer
    .filter(({ range }) => range.first <= within.last && range.last >= within.first)
    .sort((a, b) => (a.range.first < b.range.first ? -1 : 1));
  const pieces: Piece[] = [];
  let next = within.first;
  for (const piece of own) {
    const first = maximum(piece.range.first, next);
    const last = piece.range.last < within.last ? piece.range.last : within.last;
    if (last < first) continue;
    if (first > next) pieces.push(...cover({ ...within, first: next, last: first - 1n }, lower));
    pieces.push({ ...piece, range: { ...within, first, last } });
    next = last + 1n;
  }
  if (next <= within.last) pieces.push(...cover({ ...within, first: next }, lower));
  return pieces;
}

function segmentOf({ range, use, address }: Piece): Segment {
  const { family, first, last } = range;
  const segment = {
    first: formatIp({ family, value: first }),
    last: formatIp({ family, value: last }),
    size: String(rangeSize(range)),
    use,
  };
  if (address === undefined) return segment;
  const { purpose, machine, mac, hostname } = address.spec;
  return {
    ...segment,
    address: {
      name: address.metadata.name,
      purpose,
      ...(machine === undefined ? {} : { machine }),
      ...(mac === undefined ? {} : { mac }),
      ...(hostname === undefined ? {} : { hostname }),
    },
  };
}

/** The lowest address that nobody has and no range covers; undefined: there is none. */
export function nextFreeOf(subnet: Subnet, taken: Iterable<string>): string | undefined {
  const cidr = parseCidr(subnet.spec.cidr);
  const used: IpRange[] = [];
  for (const text of taken) {
    const address: IpAddress | undefined = isIp(text) ? parseIp(text) : undefined;
    if (address !== undefined && cidrContains(cidr, address)) used.push(singleAddress(address));
  }
  const free = nextFreeAddress(usableHosts(cidr), [...excludedRanges(subnet), ...used]);
  return free === undefined ? undefined : formatIp(free);
}
