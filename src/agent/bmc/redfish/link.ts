import { isIP } from 'node:net';
import type { Files } from '../../host/files.ts';
import { complaint, type RunProgram } from '../../host/programs.ts';
import type { RedfishHostInterface } from '../../inventory/host-interface.ts';
import { bmcSetupError } from '../errors.ts';

/** Where the BMC's Redfish service is, seen from its own machine. */
export interface ServiceEndpoint {
  /** An address; of a link of IPv6 with its zone. */
  host: string;
  port: number;
}

const base = '/sys/class/net';

/**
 * Makes the network card of the host interface reach the service at its other end. Neither routes nor name servers are changed.
 *
 * @throws CodedError<BmcSetupFailure> BmcNotFound, when there is no such card, or no way to know the addresses
 */
export async function openHostInterface(
  found: RedfishHostInterface,
  files: Pick<Files, 'list' | 'readText' | 'resolve'>,
  run: RunProgram,
  signal: AbortSignal,
): Promise<ServiceEndpoint> {
  const name = await findCard(found.device, files);
  if (name === undefined) throw missing('its network card is not there');
  if (found.service.vlan !== 0) throw missing(`it is on VLAN ${found.service.vlan}, which is not supported`);
  const { hostname } = found.service;
  const address = found.service.address ?? (isIP(hostname ?? '') === 0 ? undefined : hostname?.toLowerCase());
  if (address === undefined) throw missing('the firmware does not say where its service is');
  await must(run, 'ip', ['link', 'set', name, 'up'], signal);
  const host = hostAddress(found, address);
  if (host !== undefined) await must(run, 'ip', ['addr', 'replace', host, 'dev', name], signal);
  else if (found.host.assignment === 'Dhcp') await askForAddress(name, run, signal);
  const isOfLink = /^fe[89ab]/.test(address);
  return { host: isOfLink ? `${address}%${name}` : address, port: found.service.port };
}

/** By its MAC address where the firmware says it, else by the numbers of its maker and model. */
async function findCard(
  { kind, vendor, product, mac }: RedfishHostInterface['device'],
  files: Pick<Files, 'list' | 'readText' | 'resolve'>,
): Promise<string | undefined> {
  const names = await files.list(base);
  for (const name of names) {
    if (mac !== undefined && (await files.readText(`${base}/${name}/address`)) === mac) return name;
  }
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  for (const name of names) {
    const device = await files.resolve(`${base}/${name}/device`);
    if (device === undefined) continue;
    const [path, prefix, properties] =
      kind === 'Usb'
        ? [device.replace(/\/[^/]+$/, ''), '', ['idVendor', 'idProduct']]
        : [device, '0x', ['vendor', 'device']];
    const seen = await Promise.all(properties.map((file) => files.readText(`${path}/${file}`)));
    if (seen[0] === prefix + hex(vendor) && seen[1] === prefix + hex(product)) return name;
  }
  return undefined;
}

/** The machine's end with its prefix: as the firmware says, or one beside the service where the machine may choose. */
function hostAddress({ host, service }: RedfishHostInterface, address: string): string | undefined {
  const usual = isIP(address) === 6 ? 64 : address.startsWith('169.254.') ? 16 : 24;
  const prefix = host.prefix ?? service.prefix ?? usual;
  if (host.address !== undefined) return `${host.address}/${prefix}`;
  if (host.assignment === 'Dhcp' || isIP(address) !== 4) return undefined;
  const last = Number(address.split('.')[3]);
  return `${address.replace(/\d+$/, String(last < 254 ? last + 1 : last - 1))}/${prefix}`;
}

/** By DHCP of the BMC. The script of the ephemeral OS is told to set the address alone. */
async function askForAddress(name: string, run: RunProgram, signal: AbortSignal): Promise<void> {
  const ask = 'MW_ADDRESS_ONLY=1 exec udhcpc -i "$0" -n -q -S -t 5 -T 2 -s /run/mw/udhcpc';
  await must(run, 'sh', ['-c', ask, name], signal);
}

async function must(
  run: RunProgram,
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const result = await run(program, args, { signal });
  if (result.status !== 0) throw missing(`its network card cannot be set up (${complaint(result)})`);
}

function missing(why: string): Error {
  return bmcSetupError('BmcNotFound', `the firmware names a Redfish host interface, but ${why}`);
}
