import { ipv4ToNumber, isIp } from '../net/address.ts';
import { fields } from './accounts.ts';

/**
 * The address at which others reach a BMC, of its EthernetInterfaces (DSP0268): one of IPv4 where there is one, and first of an interface
 * whose link is up. Neither the host interface's own nor one that means no single host.
 *
 * @param except addresses of the host interface
 */
export function bmcAddress(
  interfaces: readonly unknown[],
  except: readonly (string | undefined)[],
): string | undefined {
  const found = interfaces.map(fields).filter(({ InterfaceEnabled }) => InterfaceEnabled !== false);
  const up = found.filter(({ LinkStatus }) => LinkStatus === 'LinkUp');
  const ordered = [...up, ...found.filter((one) => !up.includes(one))];
  const addresses = (property: 'IPv4Addresses' | 'IPv6Addresses'): string[] =>
    ordered.flatMap((one) => listOf(one[property])).flatMap((entry) => addressOf(entry) ?? []);
  return [...addresses('IPv4Addresses'), ...addresses('IPv6Addresses')].find(
    (address) => isReachable(address) && !except.includes(address),
  );
}

function addressOf(entry: unknown): string | undefined {
  const { Address } = fields(entry);
  return typeof Address === 'string' ? Address.toLowerCase() : undefined;
}

/** Neither unspecified, nor of this host or this link, nor of a group. */
function isReachable(address: string): boolean {
  if (ipv4ToNumber(address) !== undefined)
    return !/^(0\.|127\.|169\.254\.|22[4-9]\.|2[345]\d\.)/.test(address);
  return isIp(address) && !/^(::|fe[89ab]|ff)/.test(address);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
