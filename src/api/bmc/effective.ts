import type { Machine } from '../machine/schema.ts';
import type { Bmc } from './schema.ts';

/**
 * The BMC that a machine is powered by: what a person wrote, else what was found and set up while it was commissioned. Where
 * `spec.bmcSetup` asks for Metalwright's own user on the BMC that a person described, its credentials take the place of the person's.
 */
export function effectiveBmc({ spec, status }: Pick<Machine, 'spec' | 'status'>): Bmc | undefined {
  const found = status?.bmc;
  if (spec.bmc === undefined) return found === undefined ? undefined : bmcOf(found);
  const isOwn = spec.bmcSetup?.enabled === true && found?.driver === spec.bmc.driver;
  return isOwn ? { ...spec.bmc, credentialsSecret: found.credentialsSecret } : spec.bmc;
}

/**
 * Whether the BMC, and not the agent, starts the machine from its disk once an image is on it. Firmware that asks the network how to boot is
 * sent to the disk; one that was told to boot a medium may start that once more, where its BMC keeps the order or a copy of the medium.
 */
export function startsDiskByBmc(machine: Pick<Machine, 'spec' | 'status'>): boolean {
  const driver = effectiveBmc(machine)?.driver;
  return machine.spec.boot?.method === 'VirtualMedia' && driver !== undefined && driver !== 'manual';
}

function bmcOf({
  driver,
  address,
  credentialsSecret,
  fingerprint,
}: NonNullable<NonNullable<Machine['status']>['bmc']>): Bmc {
  return {
    driver,
    address,
    credentialsSecret,
    ...(fingerprint === undefined ? {} : { tls: { fingerprint } }),
  };
}
