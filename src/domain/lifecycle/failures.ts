/** What a failure means to a person. */
export interface FailureRow {
  expected: string;
  advice: string;
}

/** Why a machine fails, by the reason in `status.failure`. */
export const failureTable = {
  PowerTimeout: {
    expected: 'a rack carries out the power request',
    advice: 'check that a rack is Ready and that it reaches the BMC',
  },
  PowerFailed: {
    expected: 'the BMC carries out the power request',
    advice: 'look at status.power.result and at the BMC itself',
  },
  BmcUnreachable: {
    expected: 'the BMC answers',
    advice: 'check spec.bmc.address, cable and VLAN of the BMC',
  },
  BmcAuthenticationFailed: {
    expected: 'the BMC accepts the credentials',
    advice: 'correct user name and password in the credentials Secret',
  },
  BmcPrivilegeTooLow: {
    expected: 'the BMC user may control power',
    advice: 'give the BMC user operator rights',
  },
  BmcCipherRefused: {
    expected: 'the BMC offers cipher suite 17 or 3',
    advice: 'enable one of them at the BMC',
  },
  BmcKeyRefused: { expected: 'the BMC key fits', advice: 'correct bmcKey in the credentials Secret' },
  BmcBusy: { expected: 'the BMC has a free session', advice: 'end other sessions at the BMC, or reset it' },
  BmcTlsFailed: { expected: 'the certificate of the BMC is trusted', advice: 'set spec.bmc.tls' },
  BmcProtocolError: {
    expected: 'the BMC keeps to its protocol',
    advice: 'update the firmware of the BMC, or use another driver',
  },
  BmcUnsupported: {
    expected: 'the BMC can do this',
    advice: 'use another driver, or set spec.bmc.parameters',
  },
  BmcSystemNotFound: {
    expected: 'the BMC knows the system',
    advice: 'correct systemId in spec.bmc.parameters',
  },
  PowerStateTimeout: {
    expected: 'the machine obeys its BMC',
    advice: 'look at the machine: it may hang in firmware or have no mains',
  },
  MediaUnavailable: {
    expected: 'the rack makes an ISO for the machine',
    advice:
      'check that the ephemeral BootImage is Ready, that the rack serves a network that the BMC reaches, and its boot programs',
  },
  MediaNotRead: {
    expected: 'the BMC reads the ISO',
    advice: 'check that the BMC reaches the HTTP address of the rack, or set METALWRIGHT_MEDIA_URL',
  },
  NoDhcp: {
    expected: 'a DHCP request from one of its MAC addresses',
    advice:
      'check that it boots from the network, that spec.macAddresses are right, the cable, and that a rack serves its VLAN',
  },
  NoLoader: {
    expected: 'the boot loader is fetched',
    advice:
      'look for a foreign DHCP server and for a firewall before TFTP and HTTP of the rack; check the firmware mode',
  },
  NoKernel: {
    expected: 'the kernel is fetched',
    advice: 'check that the ephemeral BootImage is Ready and that the rack holds it; look at the console',
  },
  AgentSilent: {
    expected: 'a sign of life from the agent',
    advice: 'look at the console of the machine; check its memory, its network and the log of the rack',
  },
  CommissioningTimeout: {
    expected: 'commissioning ends',
    advice: 'look at the console of the machine, then order Commission again',
  },
  InventoryMissing: {
    expected: 'the inventory is stored',
    advice: 'check the log of the rack, then order Commission again',
  },
  InstallTimeout: {
    expected: 'the installation ends',
    advice: 'look at the console; check the speed of the network and the health of the root disk',
  },
  DeployedOsSilent: {
    expected: 'the installed OS phones home',
    advice:
      'look at the console; check that the image boots on this firmware, runs cloud-init and python3, and reaches the rack',
  },
  EraseTimeout: {
    expected: 'erasing ends',
    advice: 'check the disks of the machine, then order Release again',
  },
  TestTimeout: {
    expected: 'the tests end',
    advice: 'look at the console of the machine; test again with fewer tests',
  },
  RescueTimeout: {
    expected: 'the ephemeral OS accepts logins',
    advice: 'look at the console of the machine, then order ExitRescue or Rescue again',
  },
  RescueEnded: {
    expected: 'the rescue lasts until ExitRescue',
    advice: 'order ExitRescue, or Rescue again',
  },
  BootImageNotReady: {
    expected: 'the BootImage becomes Ready',
    advice: 'look at the conditions of the BootImage, then delete the Allocation and apply it again',
  },
  SeedUnavailable: {
    expected: 'the user data of the Allocation can be read',
    advice: 'make the Secret, then delete the Allocation and apply it again',
  },
  NoRack: {
    expected: 'a rack that has an HTTP address',
    advice: 'check that a rack runs and is Ready',
  },
  AllocationLost: {
    expected: 'the Allocation that the annotation of the machine names',
    advice: 'restore the Allocation, or order Release to erase the machine',
  },
  DeletionGaveUp: {
    expected: 'the machine is switched off before it is forgotten',
    advice: 'switch it off by hand: it may still run the ephemeral OS',
  },
  Aborted: { expected: 'the work ends by itself', advice: 'it was stopped by a MachineAction' },
  MarkedBroken: { expected: 'a sound machine', advice: 'mend it, then order MarkFixed' },
  ImageDigestMismatch: {
    expected: 'the image has the digest of its BootImage',
    advice: 'correct the digest, or replace the file that was changed',
  },
  ImageTooLarge: {
    expected: 'the image fits on the root disk',
    advice: 'choose a larger root disk by spec.rootDisk, or another machine',
  },
  RootDiskNotFound: {
    expected: 'a disk that fits spec.rootDisk',
    advice: 'compare spec.rootDisk with the MachineInventory',
  },
  ImageFetchFailed: {
    expected: 'the image can be fetched from the rack',
    advice: 'check the network between machine and rack, and the log of the rack',
  },
  ImageCorrupt: { expected: 'the image can be unpacked', advice: 'check format and content of the image' },
  DiskWriteFailed: { expected: 'the disk takes what is written', advice: 'check the disk: it may be dying' },
  SeedFailed: {
    expected: 'the seed is written to the root file system',
    advice: 'check that the image has a root file system that Linux can mount',
  },
  BootEntryFailed: {
    expected: 'the firmware takes a boot entry',
    advice: 'check the firmware of the machine: its NVRAM may be full',
  },
  EraseFailed: { expected: 'every disk is erased', advice: 'look at which disk failed and replace it' },
  InventoryFailed: {
    expected: 'the hardware can be read',
    advice: 'look at the console of the machine and at the message',
  },
  TestFailed: {
    expected: 'every test of the hardware passes',
    advice: 'look at the tests of the MachineInventory; repair or replace the part, then test again',
  },
  RescueFailed: {
    expected: 'the rescue system lets somebody log in',
    advice: 'give at least one SSH public key, and look at the console of the machine',
  },
} as const satisfies Record<string, FailureRow>;

/** A reason of the table. */
export type FailureReason = keyof typeof failureTable;

function isKnown(reason: string): reason is FailureReason {
  return Object.hasOwn(failureTable, reason);
}

const longest = 2048;

/**
 * The message of a failure for a person: which step, what was expected, what was seen, what to try.
 *
 * @param reason one of the table, or one that a newer rack or agent made up
 * @param seen what was observed, in words, no secrets
 */
export function failureMessage(step: string, reason: string, seen: string): string {
  const row: FailureRow | undefined = isKnown(reason) ? failureTable[reason] : undefined;
  const expected = row === undefined ? 'it ends well' : row.expected;
  const advice =
    row === undefined ? 'look at the console of the machine and at the log of the rack' : row.advice;
  const head = `${step} failed. Expected: ${expected}. Seen: `;
  const tail = `. To try: ${advice}.`;
  const room = longest - head.length - tail.length;
  const said = seen.trim().replace(/\.$/, '');
  return `${head}${said.length <= room ? said : `${said.slice(0, room - 1)}…`}${tail}`;
}
