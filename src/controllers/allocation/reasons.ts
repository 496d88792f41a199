/** Why an Allocation's conditions are as they are, beside the reasons of its machine. */
export const allocationReasons = {
  Pending: 'The scheduler has not looked at it yet.',
  NoMachineFits: 'No machine fits the constraints now; it is looked again whenever machines change.',
  QuotaExceeded:
    'An AllocationQuota of the namespace is used up; it is looked again whenever something is given back, and when quotas change.',
  ImageNotFound: 'There is no such BootImage.',
  ImageUnusable: 'The BootImage cannot be installed.',
  Bound: 'A machine is chosen, and is being claimed.',
  Deployed: 'The machine runs the image.',
  MachineLost: 'The machine is gone. Delete the Allocation.',
  Releasing: 'The machine is being released.',
} as const;

/** A reason of the table. */
export type AllocationReason = keyof typeof allocationReasons;
