import type { ChassisDrivers } from './chassis.ts';
import { enumerateHmc } from './hmc/enumerate.ts';
import { enumerateHmcz } from './hmcz/enumerate.ts';
import { enumerateLibvirt } from './libvirt/enumerate.ts';
import { enumerateLxd } from './lxd/enumerate.ts';
import { enumerateMoonshot } from './moonshot/enumerate.ts';
import { enumerateMscm } from './mscm/enumerate.ts';
import { enumerateMsftocs } from './msftocs/driver.ts';
import { enumerateProxmox } from './proxmox/enumerate.ts';
import { enumerateRecs } from './recs/driver.ts';
import { enumerateRedfish } from './redfish/enumerate.ts';
import { enumerateSm15k } from './sm15k/driver.ts';
import { enumerateUcsm } from './ucsm/enumerate.ts';
import { enumerateVmware } from './vmware/machines.ts';

/** How the nodes behind an address are listed, for the drivers that declare `Enumerate`. */
export const chassisDrivers: ChassisDrivers = {
  hmc: enumerateHmc,
  hmcz: enumerateHmcz,
  libvirt: enumerateLibvirt,
  lxd: enumerateLxd,
  moonshot: enumerateMoonshot,
  mscm: enumerateMscm,
  msftocs: enumerateMsftocs,
  proxmox: enumerateProxmox,
  recs: enumerateRecs,
  redfish: enumerateRedfish,
  sm15k: enumerateSm15k,
  ucsm: enumerateUcsm,
  vmware: enumerateVmware,
};
