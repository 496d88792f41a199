import { isIP } from 'node:net';
import { effectiveBmc } from '../../api/bmc/effective.ts';
import type { Machine } from '../../api/machine/schema.ts';

/**
 * Whether racks may be sent to the address that a machine names. A machine is not trusted with that: none that means the rack
 * itself, everybody, or nobody.
 */
export function isBmcAddress(address: string): boolean {
  if (isIP(address) === 4) {
    const [first = 0, second = 0] = address.split('.').map(Number);
    return first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);
  }
  const lower = address.toLowerCase();
  return isIP(address) === 6 && !/^(::|fe[89ab]|ff)/.test(lower);
}

/** Name of another machine whose BMC is at that address. */
export function takenBy(address: string, machine: Machine, others: readonly Machine[]): string | undefined {
  const taken = others.find(
    (other) =>
      other.metadata.name !== machine.metadata.name && hostOf(effectiveBmc(other)?.address) === address,
  );
  return taken?.metadata.name;
}

/** The host of `host`, `host:port`, `[v6]:port` or a URL. */
function hostOf(address: string | undefined): string | undefined {
  const authority = address
    ?.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/, '');
  if (authority === undefined) return undefined;
  const bracketed = /^\[([^\]]+)\]/.exec(authority)?.[1];
  if (bracketed !== undefined) return bracketed.toLowerCase();
  return isIP(authority) === 6 ? authority.toLowerCase() : authority.replace(/:\d+$/, '').toLowerCase();
}
