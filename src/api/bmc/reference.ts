import { z } from 'zod';
import { type BmcDriver, bmcCapabilities } from './driver.ts';

const Property = z.object({
  description: z.string().default(''),
  enum: z.array(z.string()).optional(),
  default: z.string().optional(),
});
const Parameters = z.object({
  properties: z.record(z.string(), Property),
  required: z.array(z.string()).default([]),
});

const addresses = {
  HostPort: '`host` or `host:port`',
  Url: 'a URL, `host` or `host:port`',
  LibvirtUri: '`qemu:///system` or `qemu+ssh://user@host/system`',
  None: 'none',
} as const satisfies Record<BmcDriver['address'], string>;

/** The page of all drivers, as Markdown. */
export function renderDrivers(drivers: Readonly<Record<string, BmcDriver>>): string {
  const sections = Object.entries(drivers).map(([name, driver]) => section(name, driver));
  return `# Power drivers

Generated from the table in \`src/api/bmc\`. \`spec.bmc.driver\` of a Machine names one of them; the API server refuses what a driver
cannot use. Parameters are texts: quote numbers.

Every driver but \`manual\` tells the state, and turns the power off and on; a cycle is both, each verified, and never a reset. What else
they can do:

${capabilities(drivers)}
${Object.entries(bmcCapabilities)
  .map(([name, meaning]) => `- ${name}: ${meaning}.`)
  .join('\n')}

Without BootOnce or BootAlways, a machine that is to boot over the network has to have the network first in the boot order of its firmware.

${sections.join('\n')}`;
}

function capabilities(drivers: Readonly<Record<string, BmcDriver>>): string {
  const names = Object.keys(bmcCapabilities);
  const rows = Object.entries(drivers).map(([driver, { can }]) => {
    const known: ReadonlySet<string> = new Set(can);
    return `| ${code(driver)} | ${names.map((name) => (known.has(name) ? 'yes' : '')).join(' | ')} |`;
  });
  return `| driver | ${names.join(' | ')} |\n|${'---|'.repeat(names.length + 1)}\n${rows.join('\n')}\n`;
}

function section(name: string, { title, address, secret, parameters }: BmcDriver): string {
  const { properties, required } = Parameters.parse(z.toJSONSchema(parameters, { io: 'input' }));
  const rows = Object.entries(properties).map(([key, property]) => {
    const values = property.enum === undefined ? '' : ` One of ${property.enum.map(code).join(', ')}.`;
    const fallback = property.default === undefined ? '' : ` Default: ${code(property.default)}.`;
    const must = required.includes(key) ? 'yes' : '';
    return `| ${code(key)} | ${must} | ${property.description}${values}${fallback} |`;
  });
  const table = rows.length === 0 ? '' : `\n| parameter | required | |\n|---|---|---|\n${rows.join('\n')}\n`;
  const keys = [...secret.required.map(code), ...secret.optional.map((key) => `${code(key)} (optional)`)];
  return `## \`${name}\`

${title[0]?.toUpperCase()}${title.slice(1)}. Address: ${addresses[address]}. Secret: ${keys.join(', ') || 'none'}.
${table}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
