import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** A web server of images may send a rack on to another one, but not to what only the rack itself can reach. */
const inward = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  inward.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inward.addSubnet(network, prefix, 'ipv6');

/** Loopback, link-local (with the metadata services of clouds), multicast and unspecified addresses. */
export function isInward(address: string): boolean {
  const family = isIP(address);
  return family === 0 || inward.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Why a redirect is not followed, in words; undefined: it may be. A name is judged again by what it resolves to. */
export function refuseRedirect(from: URL, to: URL): string | undefined {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') return `it leads to ${to.protocol}`;
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'it leads from https to http';
  if (to.hostname === from.hostname) return undefined;
  const address = to.hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && isInward(address)) return `it leads to ${address}, an address of the rack's own`;
  return undefined;
}

/** Resolves names as `dns.lookup` does, and none to an inward address. */
export const lookupOutward: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const outward = addresses.filter(({ address }) => !isInward(address));
    const [first] = outward;
    if (first === undefined) callback(new Error(`${hostname} is an address of the rack's own`), []);
    else if (options.all === true) callback(null, outward);
    else callback(null, first.address, first.family);
  });
};
