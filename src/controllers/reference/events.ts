/** An Event that is told by its name alone: of which kind of object, how grave, and when. */
export interface EventRow {
  of: string;
  type: 'Normal' | 'Warning';
  /** A sentence. */
  when: string;
}

/** Events whose reasons are in no other table, by reason. */
export const eventTable = {
  Aborted: { of: 'Machine', type: 'Normal', when: 'An action ended what was going on.' },
  AddressAssigned: { of: 'Machine, IPAddress', type: 'Normal', when: 'It has an address of a subnet.' },
  Allocated: { of: 'Machine', type: 'Normal', when: 'An Allocation holds it.' },
  AllocationLost: {
    of: 'Machine',
    type: 'Warning',
    when: 'What it was deployed for cannot be found any more: it is left as it is, Broken.',
  },
  Approved: { of: 'Machine', type: 'Normal', when: 'An ApprovalPolicy approved it.' },
  BmcAnswers: { of: 'Machine', type: 'Normal', when: 'Its BMC answers again.' },
  BootTokenRefused: {
    of: 'Machine, Rack',
    type: 'Warning',
    when: 'Somebody asked for its boot with a token that is wrong or out of date: look at who has the address.',
  },
  BootTokenReplayed: {
    of: 'Machine',
    type: 'Warning',
    when: 'A boot token that was used came a second time: somebody listens on the provisioning network, or an answer was lost.',
  },
  Bound: { of: 'Allocation', type: 'Normal', when: 'A machine is claimed for it.' },
  Commissioned: { of: 'Machine', type: 'Normal', when: 'Its inventory is stored, and it is Ready.' },
  DeletionGaveUp: {
    of: 'Machine',
    type: 'Warning',
    when: 'It is removed without having been switched off: look whether it still runs.',
  },
  Deployed: { of: 'Machine', type: 'Normal', when: 'The installed system has phoned home.' },
  EnlistmentRefused: {
    of: 'Rack',
    type: 'Warning',
    when: 'Somebody tried to enlist from an address that has not done DHCP here, or too many did.',
  },
  ForeignDHCPServer: {
    of: 'VLAN',
    type: 'Warning',
    when: 'A DHCP server that is not of Metalwright answers there: switch it off, or use proxyDHCP.',
  },
  ForeignDHCPServerGone: { of: 'VLAN', type: 'Normal', when: 'It is not heard any more.' },
  HardwareEvent: { of: 'Machine', type: 'Warning', when: 'Its BMC has written trouble into its event log.' },
  Imported: { of: 'BootImage', type: 'Normal', when: 'Its files are known by their digests.' },
  MarkedBroken: { of: 'Machine', type: 'Warning', when: 'An action took it out of use.' },
  MediaNotEjected: {
    of: 'Machine',
    type: 'Warning',
    when: 'Its BMC did not let go of virtual media: take it out there, or it may boot it again.',
  },
  Overridden: { of: 'Machine', type: 'Normal', when: 'An action overrode a test that failed.' },
  PhoneHomeRefused: {
    of: 'Machine',
    type: 'Warning',
    when: 'Somebody said that it was installed, with a wrong token.',
  },
  PowerAsExpected: { of: 'Machine', type: 'Normal', when: 'Its power is again what it is expected to be.' },
  PowerWished: {
    of: 'Machine',
    type: 'Normal',
    when: 'It is not as spec.power has it, and is being switched.',
  },
  RackSilent: { of: 'Rack', type: 'Warning', when: 'It has not been heard of for 40 seconds.' },
  Released: { of: 'Machine', type: 'Normal', when: 'It is back in the pool.' },
  Releasing: { of: 'Machine', type: 'Normal', when: 'Its Allocation goes.' },
  Rescue: { of: 'Machine', type: 'Normal', when: 'The rescue system takes logins.' },
  SessionRefused: {
    of: 'Machine, Rack',
    type: 'Warning',
    when: 'Somebody spoke as its agent with a session key that is unknown, over, or of another address.',
  },
  SubnetExhausted: {
    of: 'Machine, IPAddress',
    type: 'Warning',
    when: 'A subnet has no address left for it.',
  },
  UnknownInterface: {
    of: 'Machine',
    type: 'Warning',
    when: 'It booted from an interface that spec.macAddresses does not name: add it.',
  },
} as const satisfies Readonly<Record<string, EventRow>>;

/** Events whose reasons are those of another table. */
const others: readonly (readonly [of: string, type: string, which: string])[] = [
  ['Machine', 'Warning', 'every [failure](reasons.md#failures-of-a-machine) of a phase'],
  ['Machine', 'Normal', 'every [step of a boot](timeline.md)'],
  ['Machine', 'Warning', 'what is [late](timeline.md)'],
  [
    'Machine',
    'Warning; Normal when it is over',
    'IdentityUnique, HardwareChanged, Reachable, ZoneAndPoolFound: [the reason](reasons.md) of the condition',
  ],
  [
    'Machine',
    'Warning',
    'HardwareHealthy and FirmwareCurrent, when they become False: [the reason](reasons.md)',
  ],
  ['Machine', 'Normal, Warning', 'BmcSetUp: [the reason](reasons.md) that ended it'],
  ['Machine', 'Warning', 'a BMC that cannot be asked: [its failure](../guides/troubleshooting.md)'],
  ['Allocation', 'Normal, Warning', '[the reason](reasons.md) of Ready, whenever it is another one'],
  ['BootImage', 'Warning', '[why](reasons.md) it cannot be imported'],
  ['Chassis', 'Normal, Warning', '[the reason](reasons.md) of Ready after an order, and of NodesPresent'],
  ['MachineAction', 'Normal, Warning', '`Running`, `Succeeded`, `Failed` or `Refused`'],
];

/** The page of all Events, in Markdown. */
export function renderEvents(): string {
  return [
    '# Events',
    '',
    'Generated from `src/controllers/reference/events.ts`; do not edit.',
    '',
    'Metalwright tells what happens by Events of Kubernetes: `kubectl events --for machine/NAME`, `mw events --follow`, and the timeline of the web UI.',
    'They are also kept in [history](../guides/history.md), longer than the API server does, and those of type Warning can be sent by [webhooks](../guides/webhooks.md).',
    'One that comes again within minutes is one Event with a count.',
    '',
    '| Reason | Of | Type | When |',
    '| --- | --- | --- | --- |',
    ...Object.entries(eventTable).map(
      ([reason, { of, type, when }]) => `| ${reason} | ${of} | ${type} | ${when} |`,
    ),
    '',
    '## With the reasons of other pages',
    '',
    '| Of | Type | Reason |',
    '| --- | --- | --- |',
    ...others.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}
