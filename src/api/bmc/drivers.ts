import { z } from 'zod';
import { amt } from './amt.ts';
import { apc } from './apc.ts';
import { dli } from './dli.ts';
import type { BmcDriver } from './driver.ts';
import { eaton } from './eaton.ts';
import { hmc } from './hmc.ts';
import { hmcz } from './hmcz.ts';
import { ipmi } from './ipmi.ts';
import { libvirt } from './libvirt.ts';
import { lxd } from './lxd.ts';
import { moonshot } from './moonshot.ts';
import { mscm } from './mscm.ts';
import { msftocs } from './msftocs.ts';
import { openbmc } from './openbmc.ts';
import { proxmox } from './proxmox.ts';
import { raritan } from './raritan.ts';
import { recs } from './recs.ts';
import { redfish } from './redfish.ts';
import { sm15k } from './sm15k.ts';
import { ucsm } from './ucsm.ts';
import { vmware } from './vmware.ts';
import { webhook } from './webhook.ts';
import { wedge } from './wedge.ts';

/** A person powers the machine. */
const manual = {
  title: 'by hand',
  address: 'None',
  can: [],
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
  'dli',
  'msftocs',
  'recs',
  'vmware',
  'amt',
  'sm15k',
  'lxd',
  'ucsm',
  'moonshot',
  'mscm',
  'hmc',
  'hmcz',
  'wedge',
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
  dli,
  msftocs,
  recs,
  vmware,
  amt,
  sm15k,
  lxd,
  ucsm,
  moonshot,
  mscm,
  hmc,
  hmcz,
  wedge,
  manual,
};
