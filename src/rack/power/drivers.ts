import type { z } from 'zod';
import type { Logger } from '../../log/logger.ts';
import { type BmcLock, pacedDriver } from './bmc-lock.ts';
import type { PowerDriver, PowerTarget } from './driver.ts';
import { powerError } from './errors.ts';
import { createIpmiDriver } from './ipmi/driver.ts';
import { IpmiParameters } from './ipmi/schema.ts';
import { createRedfishDriver } from './redfish/driver.ts';
import { RedfishParameters } from './redfish/schema.ts';

export type PowerDriverName = 'redfish' | 'ipmi';

export interface DriverDeps {
  log: Logger;
}

export interface PowerDriverKind {
  /** Of `spec.bmc.parameters`. */
  schema: z.ZodType;
  /** Makes a driver; nothing is sent before its first command. Who makes it closes it. */
  create(target: PowerTarget, deps: DriverDeps): PowerDriver;
}

/** Every way to power a machine, by the name that `spec.bmc.driver` gives. */
export const powerDrivers: Readonly<Record<PowerDriverName, PowerDriverKind>> = {
  ipmi: { schema: IpmiParameters, create: createIpmiDriver },
  redfish: { schema: RedfishParameters, create: createRedfishDriver },
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
  const kind = powerDrivers[name];
  const parameters = kind.schema.safeParse(target.parameters);
  if (!parameters.success) {
    const [issue] = parameters.error.issues;
    const where = ['spec.bmc.parameters', ...(issue?.path ?? [])].join('.');
    throw powerError('BmcUnsupported', `${where}: ${issue?.message ?? 'not valid'}`);
  }
  return pacedDriver(kind.create(target, deps), target.address, lock);
}
