import { z } from 'zod';
import type { BmcDriver } from '../bmc/driver.ts';
import { type BmcDriverName, bmcDriverNames, bmcDrivers } from '../bmc/drivers.ts';
import { bmcRules } from '../bmc/rules.ts';
import { Bmc } from '../bmc/schema.ts';
import { cel } from '../fields.ts';

/** Parameters that are about the manager itself; all others are about one node, and come from the enumeration. */
const managerParameters: Readonly<Partial<Record<BmcDriverName, readonly string[]>>> = {
  hmc: ['legacyAlgorithms'],
  lxd: ['project'],
  moonshot: ['cipherSuite', 'privilegeLevel'],
  mscm: ['legacyAlgorithms'],
  sm15k: ['control'],
};

/** The drivers that list the nodes behind their address. */
export const chassisDriverNames = bmcDriverNames.filter((name) => bmcDrivers[name].can.includes('Enumerate'));

function chassisDriver(name: BmcDriverName): BmcDriver {
  const driver = bmcDrivers[name];
  const kept = new Set(managerParameters[name]);
  const shape = Object.entries(driver.parameters.shape).filter(([key]) => kept.has(key));
  return {
    title: driver.title,
    address: driver.address,
    secret: driver.secret,
    can: driver.can,
    parameters: z.strictObject(Object.fromEntries(shape)),
  };
}

/** As a Machine's table of drivers, without what is about one node. */
export const chassisDrivers: Readonly<Record<string, BmcDriver>> = Object.fromEntries(
  chassisDriverNames.map((name) => [name, chassisDriver(name)]),
);

/** `spec.bmc` of a Chassis. */
export const ChassisBmc = z
  .object({
    driver: z
      .enum(chassisDriverNames)
      .describe(
        `How the manager is spoken to: ${chassisDriverNames.map((name) => `${name} (${bmcDrivers[name].title})`).join(', ')}.`,
      ),
    address: Bmc.shape.address.describe('As of a Machine: host, host:port, a URL, or a URI of libvirt.'),
    credentialsSecret: Bmc.shape.credentialsSecret.describe(
      "Name of a Secret in Metalwright's own namespace, as the driver takes it. The Machines refer to the same one.",
    ),
    parameters: Bmc.shape.parameters.describe(
      'Settings of the driver that are about the manager itself; those of each node come from the enumeration.',
    ),
    tls: Bmc.shape.tls,
  })
  .meta(cel(...bmcRules(chassisDrivers)))
  .describe(
    'The manager of the nodes: how it is spoken to and where. Each Machine gets the same, and what names its node.',
  );
export type ChassisBmc = z.infer<typeof ChassisBmc>;
