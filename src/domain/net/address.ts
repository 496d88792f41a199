import { DecodeError } from '../../errors/decode-error.ts';

/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** An address without a prefix or zone; `value` is its bits read as one big-endian number. */
export interface IpAddress {
  family: Family;
  value: bigint;
}

const group = /^[0-9a-f]{1,4}$/i;

/** Bits in an address of the family. */
export function addressBits(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** Dotted quad to an unsigned 32-bit number; undefined for anything else. Leading zeros are refused: they are octal to some. */
export function ipv4ToNumber(text: string): number | undefined {
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && part === 0) return undefined;
      part = part * 10 + digit;
      digits += 1;
      if (part > 255) return undefined;
    } else {
      if (digit !== -2 || digits === 0) return undefined;
      value = value * 256 + part;
      part = 0;
      digits = 0;
      dots += 1;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined;
}

/** An unsigned 32-bit number as a dotted quad. */
export function ipv4FromNumber(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** An IPv4 or IPv6 address in any of its textual forms (RFC 4291, 2.2), without a zone. Throws DecodeError. */
export function parseIp(text: string): IpAddress {
  const quad = ipv4ToNumber(text);
  if (quad !== undefined) return { family: 4, value: BigInt(quad) };
  const groups = text.includes(':') ? parseGroups(text) : undefined;
  if (groups === undefined) throw new DecodeError(`not an IP address: ${JSON.stringify(text)}`);
  return { family: 6, value: groups.reduce((value, part) => value * 65536n + BigInt(part), 0n) };
}

/** Whether `parseIp` takes it. */
export function isIp(text: string): boolean {
  return ipv4ToNumber(text) !== undefined || (text.includes(':') && parseGroups(text) !== undefined);
}

/** The canonical text: dotted quad, or RFC 5952's form of an IPv6 address. */
export function formatIp(address: IpAddress): string {
  if (address.family === 4) return ipv4FromNumber(Number(address.value));
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((address.value >> shift) & 0xffffn));
  const zeros = longestZeroRun(groups);
  const texts = groups.map((part) => part.toString(16));
  if (zeros.length < 2) return texts.join(':');
  return `${texts.slice(0, zeros.start).join(':')}::${texts.slice(zeros.start + zeros.length).join(':')}`;
}

function parseGroups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseHalf(halves[0] ?? '', halves.length === 1);
  if (halves.length === 1) return head?.length === 8 ? head : undefined;
  const tail = parseHalf(halves[1] ?? '', true);
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function parseHalf(text: string, mayEndInQuad: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (group.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = mayEndInQuad && index === parts.length - 1 ? ipv4ToNumber(part) : undefined;
    if (quad === undefined) return undefined;
    groups.push(quad >>> 16, quad & 0xffff);
  }
  return groups;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, part] of groups.entries()) {
    if (part !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
