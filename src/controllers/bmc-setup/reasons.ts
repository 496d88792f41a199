/** Why the BMC of a machine is, or is not, set up: reasons of its condition `BmcSetUp`. */
export const bmcSetupReasons = {
  BmcSetUp: "Metalwright's own user is on the BMC, and its credentials are in use.",
  SettingUpBmc: 'The new credentials are stored; the agent sets them at the BMC.',
  BmcNotFound:
    'No BMC answers from within the machine. Check that it has one, and that its system interface is on.',
  BmcHasNoAddress: 'The BMC has no IPv4 address on a LAN. Give it one, then order Commission again.',
  BmcHasNoRoomForUser: 'All users of the BMC are taken. Delete one, then order Commission again.',
  BmcRefusedSetup:
    'The BMC, or the operator, refused; the message says what. Look at the policies of the BMC.',
  BmcSetupTimeout:
    'The operator did not take the credentials up in time. Check its log, then order Commission again.',
  SealedBoxRefused:
    'What was handed in does not open: it is of another machine or boot, or was changed on the way. Order Commission again; look at the rack if it comes back.',
  BmcRotationFailed:
    'The password was not changed; the former is in use, or both are tried. The message says why.',
  BmcAddressTaken: 'Another Machine has a BMC at this address. Give each BMC an address of its own.',
  BmcAddressRefused:
    'The address is none that a BMC can be reached at. Give it another, then order Commission again.',
} as const;

/** A reason of the table. */
export type BmcSetupReason = keyof typeof bmcSetupReasons;
