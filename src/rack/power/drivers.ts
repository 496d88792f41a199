import { type BmcDriverName, bmcDrivers } from '../../api/bmc/drivers.ts';
import type { Logger } from '../../log/logger.ts';
import { createAmtDriver } from './amt/driver.ts';
import { createApcDriver } from './apc/driver.ts';
import { type BmcLock, pacedDriver } from './bmc-lock.ts';
import { censorFor, discreetDriver, discreetError, discreetLogger } from './discreet.ts';
import { createDliDriver } from './dli/driver.ts';
import type { PowerDriver, PowerTarget } from './driver.ts';
import { createEatonDriver } from './eaton/driver.ts';
import { powerError } from './errors.ts';
import { createHmcDriver } from './hmc/driver.ts';
import { createHmczDriver } from './hmcz/driver.ts';
import { createIpmiDriver } from './ipmi/driver.ts';
import { createLibvirtDriver } from './libvirt/driver.ts';
import { createLxdDriver } from './lxd/driver.ts';
import { createMoonshotDriver } from './moonshot/driver.ts';
import { createMscmDriver } from './mscm/driver.ts';
import { createMsftocsDriver } from './msftocs/driver.ts';
import { createOpenbmcDriver } from './openbmc/driver.ts';
import { createProxmoxDriver } from './proxmox/driver.ts';
import { createRaritanDriver } from './raritan/driver.ts';
import { createRecsDriver } from './recs/driver.ts';
import { createRedfishDriver } from './redfish/driver.ts';
import { createSm15kDriver } from './sm15k/driver.ts';
import { createUcsmDriver } from './ucsm/driver.ts';
import { createVmwareDriver } from './vmware/driver.ts';
import { createWebhookDriver } from './webhook/driver.ts';
import { createWedgeDriver } from './wedge/driver.ts';

/** Those that a rack can drive: all but the one that is a person. */
export type PowerDriverName = Exclude<BmcDriverName, 'manual'>;

export interface DriverDeps {
  log: Logger;
}

/** Makes a driver; nothing is sent before its first command. Who makes it closes it. */
export type CreatePowerDriver = (target: PowerTarget, deps: DriverDeps) => PowerDriver;

/** Every way to power a machine, by the name that `spec.bmc.driver` gives. */
export const powerDrivers: Readonly<Record<PowerDriverName, CreatePowerDriver>> = {
  amt: createAmtDriver,
  apc: createApcDriver,
  dli: createDliDriver,
  eaton: createEatonDriver,
  hmc: (target) => createHmcDriver(target),
  hmcz: createHmczDriver,
  ipmi: createIpmiDriver,
  libvirt: createLibvirtDriver,
  lxd: createLxdDriver,
  moonshot: createMoonshotDriver,
  mscm: (target) => createMscmDriver(target),
  msftocs: createMsftocsDriver,
  openbmc: createOpenbmcDriver,
  proxmox: createProxmoxDriver,
  raritan: createRaritanDriver,
  recs: createRecsDriver,
  redfish: createRedfishDriver,
  sm15k: createSm15kDriver,
  ucsm: createUcsmDriver,
  vmware: createVmwareDriver,
  webhook: createWebhookDriver,
  wedge: (target) => createWedgeDriver(target),
};

/**
 * A driver for a BMC whose commands take their turn in the rack's lock, and that shows no secret of the BMC in what it says.
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
  const censor = censorFor(target);
  try {
    const driver = powerDrivers[name](target, { ...deps, log: discreetLogger(deps.log, censor) });
    return pacedDriver(discreetDriver(driver, censor), target.address, lock);
  } catch (error) {
    throw discreetError(error, censor);
  }
}
