import { powerError } from '../errors.ts';
import { formatHostPort, parseHostPort } from '../host-port.ts';

/** What an address without a scheme or port means. */
export interface AddressDefaults {
  scheme: 'https' | 'http';
  port: number;
}

/**
 * The base of a service on a BMC: a URL is taken as it is, `10.0.0.5` and `10.0.0.5:8443` as the driver's defaults say.
 * @throws CodedError<PowerErrorCode> BmcUnreachable when it is neither; a URL must not carry a password.
 */
export function baseOf(address: string, { scheme, port }: AddressDefaults): URL {
  const hostPort = parseHostPort(address, port);
  const written = hostPort === undefined ? address : `${scheme}://${formatHostPort(hostPort)}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw powerError('BmcUnreachable', `"${address}" is no address of a service over HTTP`);
  }
  if (url.username !== '' || url.password !== '') {
    throw powerError('BmcUnreachable', 'a user name or password in the address is not taken');
  }
  return url;
}

/**
 * Where a link of the BMC leads. Only to the same BMC: a link elsewhere would hand its session to another host.
 * @throws CodedError<PowerErrorCode> BmcProtocolError
 */
export function resolveLink(base: URL, link: string): URL {
  const url = URL.canParse(link, base.origin) ? new URL(link, base.origin) : undefined;
  if (url === undefined || url.origin !== base.origin) {
    throw powerError('BmcProtocolError', `the BMC links to "${link.slice(0, 200)}", which is not on the BMC`);
  }
  return url;
}
