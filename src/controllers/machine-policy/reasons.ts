/** Why a machine is `Approved` or not. */
export const approvalReasons = {
  ByPerson: 'spec.approved is true.',
  ByPolicy: 'An ApprovalPolicy approved it.',
  Quarantined:
    'spec.quarantined is true: nothing approves it. It boots its own disk, and gets nothing that holds a secret.',
  NotEnlisted:
    'A person described it, so a person approves it: set spec.approved. ApprovalPolicies judge machines that enlist themselves.',
  AwaitingInventory: 'Its inventory is awaited: no ApprovalPolicy judges it before.',
  IdentityDoubtful:
    'It shares a MAC address or UUID with another machine: no ApprovalPolicy approves it. Set spec.approved when you know which it is.',
  NoPolicy: 'There is no ApprovalPolicy: set spec.approved.',
  NoPolicyFits: 'No ApprovalPolicy fits: set spec.approved, or change a policy.',
  LimitReached:
    'The ApprovalPolicy that fits has approved as many as it may: wait, raise its limit, or set spec.approved.',
} as const;

/** Why a machine is the only one with its MAC addresses and UUID, or is not. */
export const identityReasons = {
  Unique: 'No other machine has one of its MAC addresses or its SMBIOS UUID.',
  SharedMacAddress:
    'Another machine names the same MAC address: delete one of them, or correct spec.macAddresses by making it anew.',
  SharedUuid:
    'Another machine has the same SMBIOS UUID: delete the one that is not there any more, or have the board given a UUID of its own.',
} as const;

/** Why a machine's hardware counts as changed. */
export const hardwareReasons = {
  PartsChanged: 'NICs or disks came or went since the inventory before.',
  Unchanged: 'The NICs and disks are the same as in the inventory before.',
} as const;

/** Whether a machine's BMC answers. */
export const reachabilityReasons = {
  BmcAnswers: 'Its BMC says whether it is on.',
  BmcSilent: 'Its BMC does not answer, not for long yet.',
  Vanished:
    'Its BMC has not answered for long: check mains, cable and address of the BMC, and that a rack reaches it.',
} as const;

/** Whether the Zone and Pool of a machine are there. */
export const groupReasons = {
  Found: 'There is a Zone and a Pool of the names in its spec.',
  ZoneNotFound:
    'There is no Zone of the name in spec.zone: make it, or correct the name. It counts as a zone all the same.',
  PoolNotFound:
    'There is no Pool of the name in spec.pool: make it, or correct the name. It counts as a pool all the same.',
  ZoneAndPoolNotFound: 'There is neither a Zone nor a Pool of the names in its spec.',
} as const;
