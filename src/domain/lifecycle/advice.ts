import { type FailureRow, failureTable } from './failures.ts';

/** What to do about a reason whose meaning does not say it already. A reason that is not here asks for nothing. */
export const advice: Readonly<Record<string, string>> = {
  EnlistingTimeout: 'boot the machine from the network again; look at its console',
  AwaitingApproval: 'set spec.approved, or make an ApprovalPolicy that fits',
  AwaitingBmc: 'give the machine a spec.bmc; driver manual where a person switches it',
  AwaitingCommission: 'order Commission',
  Locked: 'set spec.locked to false, or order Unlock',
  AwaitingPerson: 'switch the machine on, to boot from the network',
  AwaitingImage: 'look at the conditions of the BootImage',
  AwaitingRack: 'check that a rack runs and is Ready',
  PhoneHomeIncomplete: 'look at /var/log/cloud-init.log on the machine',
  HeldByNobody: 'order MarkBroken, then Release to erase it',
  Rescue: 'log in as the message says; order ExitRescue to end it',
  RescueSilent: 'look at the console; order ExitRescue, or Rescue again',
  NotReady: 'look at the condition Ready',
  NotApproved: 'set spec.approved; look at the condition Approved',
  IdentityNotUnique: 'look at the condition IdentityUnique',
  Maintenance: 'set spec.maintenance to false',
  Held: 'delete the Allocation, when it is not needed any more',
  SwitchingOff: 'wait: after five minutes it goes whatever its BMC says',
  NoMachineFits: 'look at the message: it says which constraint took out how many machines',
  ImageNotFound: 'make the BootImage, or correct spec.image',
  ImageUnusable: 'choose another image, or correct constraints.architecture',
  MachineLost: 'delete the Allocation',
  PartsChanged: 'compare the message with what was built in; order Commission when it is right',
  BmcSilent: 'wait, or look at the BMC',
  ZoneAndPoolNotFound: 'make them, or correct spec.zone and spec.pool',
  ComponentsDegraded: 'look at status.health and at the event log of the BMC',
  ComponentsCritical: 'look at status.health and at the event log of the BMC; order MarkBroken',
  HealthNotReported: 'update the firmware of the BMC, when health is wanted',
  FirmwareDrift: 'update the firmware of the machine, or of its peers',
  BmcRotationFailed: 'look at the message, then rotate again',
  Late: 'look at what the message names; the wait ends by itself',
  Refused: 'look at the message, and order again when the state allows it',
  Failed: 'look at the message and at the Machine',
  RackSilent: 'check that the pod of the rack runs and reaches the API server',
  NoRack: 'check that a rack has an interface on a Subnet of the VLAN, or name relays',
  DuplicateVid: 'change spec.vid of one of the VLANs',
  ServerSeen: 'find the foreign DHCP server and switch it off, or set the mode to Proxy',
  FabricNotFound: 'make the Fabric, or correct spec.fabric',
  VlanNotFound: 'make the VLAN, or correct spec.vlan',
  SubnetNotFound: 'make the Subnet, or correct spec.subnet',
  Overlaps: 'change spec.cidr of one of the Subnets',
  RangeInvalid: 'correct spec.ranges as the message says',
  OptionInvalid: 'correct the DHCP option as the message says',
  Exhausted: 'shrink spec.ranges, or remove IPAddresses that nobody needs',
  OutsideSubnet: 'choose an address inside the Subnet',
  NotAHost: 'choose another address',
  IsGateway: 'choose another address',
  UsedByRack: 'choose another address',
  DuplicateMac: 'remove one of the two IPAddresses',
  SourceNotAllowed: 'move the file into an image directory, or serve it over HTTP',
  ImageCorrupt: 'correct the format, or replace the file',
  SourceFailed: 'wait: it is tried again; check the network to the source',
  Quarantined: 'look into it; then set spec.quarantined to false, or delete the machine',
  ExpressionTooSlow: 'write a simpler expression',
  QuotaExceeded: 'delete Allocations of the namespace, or raise the AllocationQuota',
  Suspended: 'set spec.suspended to false to have machines approved',
  TotalReached: 'raise limits.total',
  OverLimit: 'delete Allocations, or raise the limits',
  ExpressionInvalid: 'correct spec.expression as the message says',
  SomeFailed: 'guard fields that may be missing with has()',
};

/** Reasons of kinds whose controllers name them where they find them. */
export const plainReasons = {
  'Deleting of a Machine': {
    Held: 'An Allocation holds the machine: it goes once that is deleted.',
    SwitchingOff: 'A rack switches the machine off before it is forgotten.',
  },
  'Late of a Machine': {
    NothingAwaited: 'No step of a boot is awaited.',
    OnTime: 'The step that is awaited is not late.',
    Late: 'A step is late; its name follows the word Late. The message says by how much, and what was last heard.',
  },
  'Ready, Reconciling and Stalled of a MachineAction': {
    Pending: 'It waits for its turn, or for a machine of that name.',
    Running: 'The machine has taken it up.',
    Succeeded: 'It came to a good end.',
    Failed: 'It came to a bad end, or another action ended it.',
    Refused: 'The state of the machine forbids it.',
  },
  'Ready, Reconciling and Stalled of a VLAN': {
    Served: 'Racks or relays serve it, or nothing is to be served.',
    NoRack: 'No rack is on the VLAN yet.',
    RackSilent: 'The racks of the VLAN are not heard any more.',
    FabricNotFound: 'There is no Fabric of that name.',
    DuplicateVid: 'Another VLAN of the Fabric has the same VID.',
  },
  'ForeignDHCP of a VLAN': {
    ServerSeen: 'A DHCP server that is none of ours answers.',
    NoneSeen: 'No foreign DHCP server answers.',
    Expected: 'A DHCP server answers, and in mode Proxy that is as it shall be.',
  },
  'Ready and Stalled of a Subnet': {
    Accepted: 'It is in order.',
    Exhausted: 'No address is left for further machines.',
    OptionInvalid: 'A DHCP option cannot be sent as it is set; all else is served.',
    VlanNotFound: 'There is no VLAN of that name.',
    Overlaps: 'Another Subnet, which was there first, has some of its addresses.',
    RangeInvalid: 'A range does not lie in the Subnet, or lies in another range.',
  },
  'Ready and Stalled of an IPAddress': {
    Reserved: 'The address is reserved.',
    SubnetNotFound: 'There is no Subnet of that name.',
    OutsideSubnet: 'The address lies outside its Subnet.',
    NotAHost: 'The address is the first or the last of its Subnet.',
    IsGateway: 'The address is the gateway of its Subnet.',
    UsedByRack: 'A rack has the address itself.',
    DuplicateMac: 'The MAC address has another IPAddress on the Subnet.',
  },
  'Ready and Stalled of a Rack': { RackSilent: 'The rack has stopped renewing its Lease.' },
  'Ready of a Fabric, Zone or Pool': { Accepted: 'It is in order.' },
  'Ready, Reconciling and Stalled of a BootImage': {
    Importing: 'The artifacts are being fetched.',
    Imported: 'The artifacts are here, and are what their digests say.',
  },
  'Ready and Stalled of an ApprovalPolicy': {
    Accepted: 'Machines that enlist themselves are judged by it.',
    Suspended: 'It approves nothing for now.',
    TotalReached: 'It has approved as many machines as it may.',
  },
  'Ready of an AllocationQuota': {
    Accepted: 'What is held is within the limits.',
    OverLimit: 'More is held than the limits allow, which were lowered since.',
  },
} as const;

/** What to do about a reason, of a failure or of a condition; undefined where there is nothing to do, or its message says it. */
export function adviceOn(reason: string): string | undefined {
  if (Object.hasOwn(advice, reason)) return advice[reason];
  // The step that is late follows the word.
  if (/^Late[A-Z]/.test(reason)) return advice.Late;
  const failures: Readonly<Record<string, FailureRow>> = failureTable;
  return Object.hasOwn(failures, reason) ? failures[reason]?.advice : undefined;
}
