import type { MachineWish } from './machines/machine.ts';

/** The machines of `./dev lab up` and of the demo: one of each firmware, each with another kind of BMC. */
export const sampleMachines: readonly MachineWish[] = [
  { name: 'bios-1', firmware: 'bios', bmc: 'ipmi' },
  { name: 'uefi-1', firmware: 'uefi', bmc: 'redfish' },
];
