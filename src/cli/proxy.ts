import { BlockList, isIP } from 'node:net';
import { CliError } from './errors.ts';

/** What the environment says of proxies; of two spellings, the one in capitals counts. */
export interface ProxyEnvironment {
  /** HTTPS_PROXY: for https. */
  https?: string | undefined;
  /** HTTP_PROXY: for http. */
  http?: string | undefined;
  /** NO_PROXY: who is asked without one. */
  no?: string | undefined;
}

/**
 * The proxy that a server is asked through, by the rules that kubectl has of Go: this computer never; entries of NO_PROXY are names
 * (with all below them), `.names` and `*.names` (only what is below), addresses, CIDRs and `*`, each also with a port.
 *
 * @returns its URL
 * @throws CliError usage, when the environment names something that is no proxy
 */
export function proxyFor(url: URL, environment: ProxyEnvironment): string | undefined {
  const secure = url.protocol === 'https:';
  const [name, given] = secure ? ['HTTPS_PROXY', environment.https] : ['HTTP_PROXY', environment.http];
  if (given === undefined || given === '' || isDirect(url, environment.no ?? '')) return undefined;
  const text = given.includes('://') ? given : `http://${given}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol)) return proxy.href;
  throw new CliError(
    'usage',
    `${name} is no URL of a proxy for HTTP`,
    'write it as http://proxy.example:3128, or name the server in NO_PROXY',
  );
}

function isDirect(url: URL, no: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (host === 'localhost' || isLoopback(host)) return true;
  return no.split(',').some((entry) => matches(entry.trim().toLowerCase(), host, port));
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return isWithin(entry, host);
  const [, bracketed, plain, only = port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(entry) ?? [];
  const name = isIP(entry) === 6 ? entry : (bracketed ?? plain);
  if (name === undefined || only !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const below = name.replace(/^\*?\./, '.');
  return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
}

function isWithin(cidr: string, host: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const [family, ofHost] = [isIP(network), isIP(host)];
  if (family === 0 || family !== ofHost || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
