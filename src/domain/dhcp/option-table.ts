/** How the value of an option is written down. Each is a field of a setting, of which exactly one is given. */
export const optionValueFields = [
  'addresses',
  'text',
  'uint8',
  'uint16',
  'uint32',
  'boolean',
  'domains',
  'routes',
  'hex',
] as const;
export type OptionValueField = (typeof optionValueFields)[number];

/** What a person may set by name. */
export interface NamedOption {
  code: number;
  field: OptionValueField;
  /** Exactly one value, though the field is a list. */
  single?: true;
}

/**
 * Options by the names that ISC's and Kea's manuals give them (RFC 2132 unless said). A code that has a row here takes
 * only its kind of value, or `hex`; any other code takes every kind.
 */
export const namedOptions = {
  routers: { code: 3, field: 'addresses' },
  'time-servers': { code: 4, field: 'addresses' },
  'domain-name-servers': { code: 6, field: 'addresses' },
  'log-servers': { code: 7, field: 'addresses' },
  'lpr-servers': { code: 9, field: 'addresses' },
  'host-name': { code: 12, field: 'text' },
  'boot-size': { code: 13, field: 'uint16', single: true },
  'domain-name': { code: 15, field: 'text' },
  'swap-server': { code: 16, field: 'addresses', single: true },
  'root-path': { code: 17, field: 'text' },
  'extensions-path': { code: 18, field: 'text' },
  'ip-forwarding': { code: 19, field: 'boolean' },
  'max-dgram-reassembly': { code: 22, field: 'uint16', single: true },
  'default-ip-ttl': { code: 23, field: 'uint8', single: true },
  'path-mtu-aging-timeout': { code: 24, field: 'uint32', single: true },
  'path-mtu-plateau-table': { code: 25, field: 'uint16' },
  'interface-mtu': { code: 26, field: 'uint16', single: true },
  'all-subnets-local': { code: 27, field: 'boolean' },
  'broadcast-address': { code: 28, field: 'addresses', single: true },
  'router-discovery': { code: 31, field: 'boolean' },
  'arp-cache-timeout': { code: 35, field: 'uint32', single: true },
  'default-tcp-ttl': { code: 37, field: 'uint8', single: true },
  'tcp-keepalive-interval': { code: 38, field: 'uint32', single: true },
  'nis-domain': { code: 40, field: 'text' },
  'nis-servers': { code: 41, field: 'addresses' },
  'ntp-servers': { code: 42, field: 'addresses' },
  'vendor-encapsulated-options': { code: 43, field: 'hex' },
  'netbios-name-servers': { code: 44, field: 'addresses' },
  'netbios-dd-servers': { code: 45, field: 'addresses' },
  'netbios-node-type': { code: 46, field: 'uint8', single: true },
  'netbios-scope': { code: 47, field: 'text' },
  'font-servers': { code: 48, field: 'addresses' },
  'x-display-managers': { code: 49, field: 'addresses' },
  'vendor-class-identifier': { code: 60, field: 'text' },
  'tftp-server-name': { code: 66, field: 'text' },
  'boot-file-name': { code: 67, field: 'text' },
  'smtp-servers': { code: 69, field: 'addresses' },
  'www-servers': { code: 72, field: 'addresses' },
  /** RFC 4833. */
  'posix-timezone': { code: 100, field: 'text' },
  /** RFC 4833. */
  'tzdb-timezone': { code: 101, field: 'text' },
  /** RFC 8925, seconds. */
  'ipv6-only-preferred': { code: 108, field: 'uint32', single: true },
  /** RFC 8910. */
  'captive-portal': { code: 114, field: 'text' },
  /** RFC 3397. */
  'domain-search': { code: 119, field: 'domains' },
  /** RFC 3442. */
  'classless-static-routes': { code: 121, field: 'routes' },
  /** RFC 3925. */
  'vendor-identifying-class': { code: 124, field: 'hex' },
  /** RFC 3925. */
  'vendor-identifying-options': { code: 125, field: 'hex' },
  /** RFC 5417. */
  'capwap-ac': { code: 138, field: 'addresses' },
  /** RFC 5859. */
  'tftp-server-addresses': { code: 150, field: 'addresses' },
  /** No RFC; browsers ask for it. */
  'wpad-url': { code: 252, field: 'text' },
} as const satisfies Record<string, NamedOption>;

/** A name of the table. */
export type OptionName = keyof typeof namedOptions;

/** Codes that nobody may set, and why: the sentence is what the API server answers. */
export const ownedOptions: readonly { codes: readonly number[]; reason: string }[] = [
  { codes: [1], reason: 'option 1 (subnet mask) follows from cidr' },
  {
    codes: [50, 51, 52, 53, 54, 55, 56, 57, 58, 59],
    reason: 'options 50 to 59 are the DHCP message itself and its lease: leaseSeconds sets its times',
  },
  {
    codes: [61, 77, 93, 94, 97, 118],
    reason: 'options 61, 77, 93, 94, 97 and 118 are what a client says of itself',
  },
  {
    codes: [80, 81, 82, 90, 91, 92, 116, 145, 151, 152, 153, 154, 155, 156, 157],
    reason: 'options 80 to 82, 90 to 92, 116, 145 and 151 to 157 are worked out for each message',
  },
  { codes: [175], reason: 'option 175 is how the rack speaks with iPXE' },
];

/** Codes with which firmware is booted: a client that boots from the network gets the rack's own, never a person's. */
export const bootOptionCodes: ReadonlySet<number> = new Set([43, 60, 66, 67, 150]);

const byCode: ReadonlyMap<number, NamedOption & { name: string }> = new Map(
  Object.entries(namedOptions).map(([name, row]) => [row.code, { name, ...row }]),
);
const byName: ReadonlyMap<string, NamedOption> = new Map(Object.entries(namedOptions));

/** The row of a code, when it has one. */
export function namedOptionOf(code: number): (NamedOption & { name: string }) | undefined {
  return byCode.get(code);
}

/** The code of a name; undefined for a name that is not in the table. */
export function optionCodeOf(name: string): number | undefined {
  return byName.get(name)?.code;
}

/** Why nobody may set the code; undefined when they may. */
export function ownedReason(code: number): string | undefined {
  if (!Number.isInteger(code) || code < 1 || code > 254) return 'options have codes from 1 to 254';
  return ownedOptions.find(({ codes }) => codes.includes(code))?.reason;
}
