/** Why a machine's `Ready`, `Reconciling` and `Stalled` conditions are as they are, beside the reasons of failures. */
export const machineReasons = {
  Enlisting: 'The inventory of the machine that booted unasked is awaited.',
  EnlistingTimeout: 'The inventory did not come. Boot the machine from the network again.',
  AwaitingApproval:
    'Waits for approval: by spec.approved, or by an ApprovalPolicy. The condition Approved says more.',
  AwaitingBmc: 'Waits for spec.bmc: nobody can switch the machine on. Driver manual stands for a person.',
  AwaitingCommission: 'Waits for a MachineAction Commission.',
  Locked: 'The machine is locked: set spec.locked to false, or order Unlock, to go on.',
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
  Testing: 'The agent tests the hardware.',
  EnteringRescue: 'The ephemeral OS gets ready for people to log in.',
  Rescue: 'People may log in to the ephemeral OS by SSH.',
  RescueSilent: 'The ephemeral OS is in rescue, and was not heard for a while.',
  StartingDisk: 'A rack restarts the machine, to boot from its disk.',
  Deleting: 'The machine is being deleted; a rack switches it off first.',
} as const;

/** A reason of the table. */
export type MachineReason = keyof typeof machineReasons;

/** Why a machine is `Available` or not. */
export const availabilityReasons = {
  Available: 'May be allocated.',
  NotReady: 'Only a machine whose phase is Ready may be allocated.',
  Held: 'An Allocation holds the machine.',
  NotApproved: 'Neither spec.approved nor an ApprovalPolicy approves it, or it is in quarantine.',
  IdentityNotUnique: 'Another machine has the same MAC address or SMBIOS UUID.',
  Maintenance: 'spec.maintenance is set.',
  Locked: 'The machine is locked, by spec.locked or by the action Lock.',
  BeingDeleted: 'The machine is being deleted.',
} as const;

/** A reason of the table. */
export type AvailabilityReason = keyof typeof availabilityReasons;

/** Why a machine's `PowerAsExpected` is as it is. Nobody is fought who switches it by hand. */
export const powerReasons = {
  PowerAsExpected: 'It is on, or off, as it shall be.',
  SwitchedOff: 'It was switched off by hand, or lost its power. PowerOn switches it on.',
  SwitchedOn: 'It was switched on by hand. PowerOff switches it off.',
  PowerOrderFailed: 'The BMC did not do what the Allocation wants of its power. Set powerState again.',
  PowerChanging: 'A rack switches it, or looks at it.',
  PowerNotSeen: 'Its BMC has not said whether it is on.',
} as const;

/** A reason of the table. */
export type PowerReason = keyof typeof powerReasons;
