import { type BmcDriverName, bmcDrivers } from '../../api/bmc/drivers.ts';
import type { Logger } from '../../log/logger.ts';
import { createApcDriver } from './apc/driver.ts';
import { type BmcLock, pacedDriver } from './bmc-lock.ts';
import type { PowerDriver, PowerTarget } from './driver.ts';
import { createEatonDriver } from './eaton/driver.ts';
import { powerError } from './errors.ts';
import { createIpmiDriver } from './ipmi/driver.ts';
import { createLibvirtDriver } from './libvirt/driver.ts';
import { createOpenbmcDriver } from './openbmc/driver.ts';
import { createProxmoxDriver } from './proxmox/driver.ts';
import { createRaritanDriver } from './raritan/driver.ts';
import { createRedfishDriver } from './redfish/driver.ts';
import { createWebhookDriver } from './webhook/driver.ts';

/** Those that a rack can drive: all but the one that is a person. */
export type PowerDriverName = Exclude<BmcDriverName, 'manual'>;

export interface DriverDeps {
  log: Logger;
}

/** Makes a driver; nothing is sent before its first command. Who makes it closes it. */
export type CreatePowerDriver = (target: PowerTarget, deps: DriverDeps) => PowerDriver;

/** Every way to power a machine, by the name that `spec.bmc.driver` gives. */
export const powerDrivers: Readonly<Record<PowerDriverName, CreatePowerDriver>> = {
  apc: createApcDriver,
  eaton: createEatonDriver,
  ipmi: createIpmiDriver,
  libvirt: createLibvirtDriver,
  openbmc: createOpenbmcDriver,
  proxmox: createProxmoxDriver,
  raritan: createRaritanDriver,
  redfish: createRedfishDriver,
  webhook: createWebhookDriver,
};

/**
 * A driver for a BMC whose commands take their turn in the rack's lock.
 * @throws CodedError<PowerErrorCode> BmcUnsupported when the parameters are not the driver's; and what `create` throws.
 */
export function openPowerDriver(
  name: PowerDriverName,
  target: PowerTarget,
  lock: BmcLock,
  deps: DriverDeps,
): PowerDriver {
  const { parameters: schema, atMostOneOf = [] } = bmcDrivers[name];
  const parameters = schema.safeParse(target.parameters);
  if (!parameters.success) {
    const [issue] = parameters.error.issues;
    const where = ['spec.bmc.parameters', ...(issue?.path ?? [])].join('.');
    throw powerError('BmcUnsupported', `${where}: ${issue?.message ?? 'not valid'}`);
  }
  const given = atMostOneOf.filter((key) => target.parameters[key] !== undefined);
  if (given.length > 1) {
    throw powerError('BmcUnsupported', `spec.bmc.parameters: give one of ${given.join(', ')}, not several`);
  }
  return pacedDriver(powerDrivers[name](target, deps), target.address, lock);
}
