import type { Machine } from '../../api/machine/schema.ts';
import type { BootDevice, BootSource } from '../power/driver.ts';
import { baseOf } from '../power/http/address.ts';
import type { World } from '../world/world.ts';
import { type PrepareMediaDeps, prepareMedia } from './prepare-media.ts';
import { addressIn, mediaNetworkOf } from './static-network.ts';

export interface BootSourceDeps extends PrepareMediaDeps {
  world: Pick<World, 'addresses' | 'subnets' | 'vlans'>;
}

const loaders = { amd64: 'snponly.efi', arm64: 'snponly-arm64.efi' } as const;

/**
 * What a machine's BMC is told to load from: a medium that is made now, or the loader of UEFI HTTP boot. The latter only where
 * the rack has an address in the machine's subnet; otherwise DHCP says it.
 *
 * @param address of the BMC
 * @throws CodedError<PowerErrorCode>, KubeError
 */
export async function bootSourceFor(
  machine: Machine,
  device: BootDevice,
  address: string,
  deps: BootSourceDeps,
): Promise<BootSource | undefined> {
  if (device === 'VirtualMedia') {
    const host = baseOf(address, { scheme: 'https', port: 443 }).hostname.replace(/^\[|\]$/g, '');
    return await prepareMedia(machine, host, deps);
  }
  if (device !== 'UefiHttp') return undefined;
  const seenIn = deps.world.subnets.get(machine.status?.bootProgress?.subnet ?? '')?.spec.cidr;
  const own = addressIn(mediaNetworkOf(machine, deps.world).cidr ?? seenIn, deps.addresses());
  const loader = loaders[machine.spec.architecture];
  return own === undefined ? undefined : { url: `http://${own}:${deps.httpPort}/loaders/${loader}` };
}
