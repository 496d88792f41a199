import { encodeClasslessRoutes, type StaticRoute } from '../../domain/dhcp/classless-routes.ts';
import { encodeDomainNames } from '../../domain/dhcp/domain-name.ts';
import type { EncodedOption } from '../../domain/dhcp/option-setting.ts';
import { ipv4FromNumber, ipv4ToNumber } from '../../domain/net/address.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { type AnswerOptions, answerOptions } from './answer-options.ts';
import { ipBytes, ipsBytes, option, textBytes, u16Bytes } from './options.ts';
import type { DhcpSubnet } from './ports.ts';

/** What follows from the subnet's network. Unsigned 32-bit numbers. */
export interface SubnetNumbers {
  mask: number;
  gateway: number | undefined;
  /** Undefined where there is none (RFC 3021). */
  broadcast: number | undefined;
}

const defaultRoute = '0.0.0.0/0';

/** The options that every client of a subnet may have, before a person's own settings. */
export function builtInAnswers(subnet: DhcpSubnet, numbers: SubnetNumbers): AnswerOptions {
  const { mask, gateway, broadcast } = numbers;
  const dns = v4(subnet.dnsServers);
  const ntp = v4(subnet.ntpServers);
  const search = subnet.searchDomains ?? [];
  const routes = routesOf(subnet.staticRoutes ?? [], gateway);
  const rows: (EncodedOption | undefined)[] = [
    { ...row(option.subnetMask.code, ipBytes(mask)), always: true },
    gateway === undefined ? undefined : { ...row(option.router.code, ipBytes(gateway)), always: true },
    dns.length === 0 ? undefined : row(option.dnsServers.code, ipsBytes(dns)),
    subnet.domainName === undefined
      ? undefined
      : { ...row(option.domainName.code, textBytes(subnet.domainName)), text: true },
    subnet.mtu === undefined ? undefined : row(option.interfaceMtu.code, u16Bytes(subnet.mtu)),
    broadcast === undefined ? undefined : row(option.broadcastAddress.code, ipBytes(broadcast)),
    ntp.length === 0 ? undefined : row(option.ntpServers.code, ipsBytes(ntp)),
    search.length === 0 ? undefined : tried(option.domainSearch.code, () => encodeDomainNames(search)),
    routes.length === 0 ? undefined : tried(option.classlessRoutes.code, () => encodeClasslessRoutes(routes)),
  ];
  return answerOptions(rows.filter((one) => one !== undefined));
}

/** A client that takes option 121 ignores option 3 (RFC 3442): the default route must be among them. */
function routesOf(routes: readonly StaticRoute[], gateway: number | undefined): StaticRoute[] {
  if (routes.length === 0) return [];
  const own = routes.some(({ destination }) => destination === defaultRoute) || gateway === undefined;
  return own ? [...routes] : [...routes, { destination: defaultRoute, gateway: ipv4FromNumber(gateway) }];
}

/** What no message can carry is left out: the addresses of the subnet must be given all the same. */
function tried(code: number, encode: () => Uint8Array): EncodedOption | undefined {
  try {
    return row(code, encode());
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function row(code: number, value: Uint8Array): EncodedOption {
  return { code, value, text: false, always: false };
}

function v4(addresses: readonly string[]): number[] {
  return addresses.flatMap((address) => ipv4ToNumber(address) ?? []);
}
