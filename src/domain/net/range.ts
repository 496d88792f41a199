import { DecodeError } from '../../errors/decode-error.ts';
import { type Family, formatIp, type IpAddress, parseIp } from './address.ts';

/** Addresses from `first` to `last`, both included; `first <= last`. */
export interface IpRange {
  family: Family;
  first: bigint;
  last: bigint;
}

/** `a-b`, blanks around the dash allowed, or one address alone. Throws DecodeError when it is reversed or mixed. */
export function parseRange(text: string): IpRange {
  const [start = '', end = start, ...rest] = text.split('-').map((part) => part.trim());
  if (rest.length > 0) throw new DecodeError(`not a range of addresses: ${JSON.stringify(text)}`);
  return rangeBetween(parseIp(start), parseIp(end));
}

/** The range from one address to another. Throws DecodeError when it is reversed or mixes the families. */
export function rangeBetween(first: IpAddress, last: IpAddress): IpRange {
  if (first.family !== last.family) throw new DecodeError('a range cannot mix IPv4 and IPv6');
  if (first.value > last.value) {
    throw new DecodeError(`the range ends before it starts: ${formatIp(first)}-${formatIp(last)}`);
  }
  return { family: first.family, first: first.value, last: last.value };
}

/** A range of one address. */
export function singleAddress(address: IpAddress): IpRange {
  return { family: address.family, first: address.value, last: address.value };
}

/** Canonical `a-b`. */
export function formatRange(range: IpRange): string {
  const { family, first, last } = range;
  return `${formatIp({ family, value: first })}-${formatIp({ family, value: last })}`;
}

/** How many addresses it has. */
export function rangeSize(range: IpRange): bigint {
  return range.last - range.first + 1n;
}

/** Whether the address is in the range. */
export function rangeContains(range: IpRange, address: IpAddress): boolean {
  return range.family === address.family && range.first <= address.value && address.value <= range.last;
}

/** Whether all of `inner` is in `outer`. */
export function rangeContainsRange(outer: IpRange, inner: IpRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether they share an address. */
export function rangesOverlap(a: IpRange, b: IpRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}
