import { z } from 'zod';
import { apc } from './apc.ts';
import type { BmcDriver } from './driver.ts';
import { eaton } from './eaton.ts';
import { ipmi } from './ipmi.ts';
import { libvirt } from './libvirt.ts';
import { openbmc } from './openbmc.ts';
import { proxmox } from './proxmox.ts';
import { raritan } from './raritan.ts';
import { redfish } from './redfish.ts';
import { webhook } from './webhook.ts';

/** A person powers the machine. */
const manual = {
  title: 'by hand',
  address: 'None',
  secret: { required: [], optional: [] },
  parameters: z.strictObject({}),
} as const satisfies BmcDriver;

export const bmcDriverNames = [
  'redfish',
  'ipmi',
  'libvirt',
  'openbmc',
  'proxmox',
  'webhook',
  'apc',
  'eaton',
  'raritan',
  'manual',
] as const;

/** What `spec.bmc.driver` may be. */
export type BmcDriverName = (typeof bmcDriverNames)[number];

/** Every way to power a machine. */
export const bmcDrivers: Readonly<Record<BmcDriverName, BmcDriver>> = {
  redfish,
  ipmi,
  libvirt,
  openbmc,
  proxmox,
  webhook,
  apc,
  eaton,
  raritan,
  manual,
};
