/** Why a machine's `Ready`, `Reconciling` and `Stalled` conditions are as they are, beside the reasons of failures. */
export const machineReasons = {
  Enlisting: 'The inventory of the machine that booted unasked is awaited.',
  EnlistingTimeout: 'The inventory did not come. Boot the machine from the network again.',
  AwaitingApproval: 'Waits for spec.approved.',
  AwaitingBmc: 'Waits for spec.bmc: nobody can switch the machine on. Driver manual stands for a person.',
  AwaitingCommission: 'Waits for a MachineAction Commission.',
  Locked: 'The machine is locked: set spec.locked to false to go on.',
  PoweringOn: 'A rack switches the machine on, to boot from the network.',
  AwaitingPerson: 'A person has to switch the machine on, to boot from the network.',
  Booting: 'The machine boots from the network.',
  Commissioning: 'The agent takes the inventory.',
  StoringInventory: 'The inventory is being stored.',
  PoweringOff: 'A rack switches the machine off.',
  Ready: 'May be allocated.',
  Allocated: 'An Allocation holds the machine.',
  AwaitingImage: 'The BootImage is not Ready yet.',
  AwaitingAddress: 'An address is being reserved.',
  AwaitingRack: 'No rack has an HTTP address yet.',
  PreparingSeed: 'What the installed OS shall know is being put together.',
  Installing: 'The agent writes the image.',
  FirstBoot: 'The installed OS boots for the first time.',
  CloudInitRunning: 'The installed OS runs; cloud-init has not ended.',
  PhoneHomeIncomplete:
    'The installed OS runs, but did not say that cloud-init ended. Look at /var/log/cloud-init.log on the machine.',
  Deployed: 'The installed OS runs, and cloud-init has ended.',
  Adopted: 'Deployed before its status was lost; its Allocation still holds it.',
  HeldByNobody:
    'Deployed, but no Allocation holds the machine and its annotation names none. Order MarkBroken, then Release to erase it.',
  Releasing: 'Its Allocation goes.',
  AwaitingRelease: 'The Allocation is about to let the machine go.',
  Erasing: 'The agent erases the disks.',
} as const;

/** A reason of the table. */
export type MachineReason = keyof typeof machineReasons;

/** Why a machine is `Available` or not. */
export const availabilityReasons = {
  Available: 'May be allocated.',
  NotReady: 'Only a machine whose phase is Ready may be allocated.',
  Held: 'An Allocation holds the machine.',
  NotApproved: 'spec.approved is false.',
  Maintenance: 'spec.maintenance is set.',
  Locked: 'spec.locked is set.',
  BeingDeleted: 'The machine is being deleted.',
} as const;

/** A reason of the table. */
export type AvailabilityReason = keyof typeof availabilityReasons;
