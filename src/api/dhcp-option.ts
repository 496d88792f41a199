import { z } from 'zod';
import {
  namedOptions,
  type OptionName,
  type OptionValueField,
  optionValueFields,
  ownedOptions,
} from '../domain/dhcp/option-table.ts';
import { type CelRule, cel } from './fields.ts';

const octet = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const quad = `${octet}(\\.${octet}){3}`;

/** A dotted quad. */
export const Ipv4Address = z
  .string()
  .max(15)
  .regex(new RegExp(`^${quad}$`));

const label = '[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?';

/** A DNS domain without a dot at its end. */
export const DomainName = z
  .string()
  .max(253)
  .regex(new RegExp(`^(${label}\\.)*${label}$`));

const rows = Object.entries(namedOptions);
const names = rows.map(([name]) => name) as [OptionName, ...OptionName[]];

/** An expression: the option is one of these, by its name or its code. */
function isOneOf(wanted: readonly (typeof rows)[number][]): string {
  const inCodes = `has(self.code) && self.code in [${wanted.map(([, { code }]) => code).join(', ')}]`;
  const inNames = `has(self.name) && self.name in [${wanted.map(([name]) => `'${name}'`).join(', ')}]`;
  return `(${inCodes} || ${inNames})`;
}

function takes(field: OptionValueField): CelRule[] {
  const wanted = rows.filter(([, row]) => row.field === field);
  if (wanted.length === 0) return [];
  const given = field === 'hex' ? 'has(self.hex)' : `has(self.${field}) || has(self.hex)`;
  const message = field === 'hex' ? 'this option takes hex' : `this option takes ${field} (or hex)`;
  return [{ rule: `!${isOneOf(wanted)} || ${given}`, message }];
}

const single = rows.filter(([, row]) => 'single' in row);
const lists = ['addresses', 'uint8', 'uint16', 'uint32'] as const;

const numbers = (maximum: number) => z.array(z.int().min(0).max(maximum)).min(1).max(64).optional();

/** One option of DHCPv4 as a person sets it. The rules are made from `src/domain/dhcp/option-table.ts`. */
export const DhcpOption = z
  .object({
    name: z
      .enum(names)
      .optional()
      .describe('The option by its name. Options without one here are set by code.'),
    code: z.int().min(1).max(254).optional().describe('The option by its number, 1 to 254, instead of name.'),
    addresses: z.array(Ipv4Address).min(1).max(32).optional().describe('A value of IPv4 addresses.'),
    text: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[ -~]+$/)
      .optional()
      .describe('A value of printable ASCII characters.'),
    uint8: numbers(255).describe('A value of numbers of one byte.'),
    uint16: numbers(65535).describe('A value of numbers of two bytes.'),
    uint32: numbers(4294967295).describe('A value of numbers of four bytes.'),
    boolean: z.boolean().optional().describe('A value of one byte: 1 or 0.'),
    domains: z.array(DomainName).min(1).max(16).optional().describe('A value of DNS domains, as option 119.'),
    routes: z
      .array(
        z.object({
          destination: z
            .string()
            .max(18)
            .regex(new RegExp(`^${quad}/(3[0-2]|[12]?[0-9])$`))
            .describe('Network in CIDR notation: 10.30.0.0/16. 0.0.0.0/0 is the default route.'),
          gateway: Ipv4Address.describe(
            'Router on the subnet; 0.0.0.0: no router, the network is on the link.',
          ),
        }),
      )
      .min(1)
      .max(32)
      .optional()
      .describe('A value of routes, as option 121.'),
    hex: z
      .string()
      .min(2)
      .max(1024)
      .regex(/^([0-9a-fA-F]{2})+$/)
      .optional()
      .describe('A value as it is sent, two digits a byte.'),
    always: z
      .boolean()
      .optional()
      .describe('Sent to clients that did not ask for it, too. Default: to those that asked.'),
  })
  .meta(
    cel(
      { rule: 'has(self.name) != has(self.code)', message: 'give exactly one of name and code' },
      {
        rule: `[${optionValueFields.map((field) => `has(self.${field})`).join(', ')}].filter(given, given).size() == 1`,
        message: `give exactly one value: ${optionValueFields.join(', ')}`,
      },
      ...ownedOptions.map(({ codes, reason }) => ({
        rule: `!has(self.code) || !(self.code in [${codes.join(', ')}])`,
        message: reason,
        fieldPath: '.code',
        reason: 'FieldValueForbidden' as const,
      })),
      ...optionValueFields.flatMap(takes),
      {
        rule: `!${isOneOf(single)} || (${lists.map((field) => `(!has(self.${field}) || self.${field}.size() == 1)`).join(' && ')})`,
        message: 'this option has exactly one value',
      },
    ),
  );
export type DhcpOption = z.infer<typeof DhcpOption>;

const codeOfName = `{${rows.map(([name, { code }]) => `'${name}': ${code}`).join(', ')}}`;

const noneTwice: CelRule = {
  rule: `[[${codeOfName}].map(codes, self.map(o, has(o.code) ? o.code : has(o.name) ? codes[o.name] : 0))[0]].all(all, all.all(x, all.filter(y, x == y).size() <= 1))`,
  message: 'an option is set twice',
};
const noHostName: CelRule = {
  rule: "self.all(o, !(has(o.name) && o.name == 'host-name') && !(has(o.code) && o.code == 12))",
  message: 'host-name is of one machine: set it on its Machine or IPAddress',
};

/** Options of one client; no two are the same, whether by name or by code. */
export function ownDhcpOptions(maximum: number) {
  return z.array(DhcpOption).max(maximum).meta(cel(noneTwice));
}

/** Options that many clients share: the same, without a host name. */
export function sharedDhcpOptions(maximum: number) {
  return z.array(DhcpOption).max(maximum).meta(cel(noneTwice, noHostName));
}
