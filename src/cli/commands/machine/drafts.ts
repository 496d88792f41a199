import type { Machine } from '../../../api/machine/schema.ts';

/** A machine that a person describes. */
export interface MachineDraft {
  metadata: { name: string };
  spec: Record<string, unknown>;
}

/** What can be said of a machine on a command line or in a row of a CSV: texts as they were typed. */
export const machineFields = [
  'name',
  'mac',
  'architecture',
  'bmc-driver',
  'bmc-address',
  'bmc-secret',
  'zone',
  'pool',
  'tags',
  'boot-mode',
  'approved',
] as const;
export type MachineField = (typeof machineFields)[number];
export type GivenMachine = Partial<Record<MachineField, string>>;

/** The machine that was meant, or everything that is wrong with it. Nothing is asked of anybody. */
export async function draftOf(
  given: GivenMachine,
): Promise<{ draft: MachineDraft } | { problems: string[] }> {
  const list = (text: string | undefined, separator: RegExp): string[] =>
    (text ?? '').split(separator).filter((word) => word !== '');
  const { name = '' } = given;
  const macAddresses = list(given.mac, /[;,\s]+/).map(normalMac);
  const tags = list(given.tags, /[;,\s]+/);
  const problems: string[] = [];
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) {
    problems.push(
      name === '' ? 'name is missing' : `name "${name}" is not of lower-case letters, digits, - and .`,
    );
  }
  if (macAddresses.length === 0) problems.push('mac is missing');
  const approved = booleanOf(given.approved);
  if (approved === 'Invalid') problems.push(`approved "${given.approved}" is neither true nor false`);
  const bmc = {
    ...(given['bmc-driver'] === undefined ? {} : { driver: given['bmc-driver'] }),
    ...(given['bmc-address'] === undefined ? {} : { address: given['bmc-address'] }),
    ...(given['bmc-secret'] === undefined ? {} : { credentialsSecret: given['bmc-secret'] }),
  };
  if (bmc.driver === undefined && Object.keys(bmc).length > 0) problems.push('bmc-driver is missing');
  const spec = {
    macAddresses,
    architecture: given.architecture ?? 'amd64',
    ...(bmc.driver === undefined ? {} : { bmc }),
    ...(given.zone === undefined ? {} : { zone: given.zone }),
    ...(given.pool === undefined ? {} : { pool: given.pool }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(given['boot-mode'] === undefined ? {} : { bootMode: given['boot-mode'].toUpperCase() }),
    approved: approved === 'Invalid' ? false : (approved ?? true),
  };
  problems.push(...(await problemsOf(spec)).filter((problem) => !/^macAddresses\b/.test(problem)));
  const badMac = macAddresses.find((mac) => !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac));
  if (badMac !== undefined) problems.push(`mac "${badMac}" is none: 52:54:00:12:34:56`);
  return problems.length > 0 ? { problems } : { draft: { metadata: { name }, spec } };
}

/** `52-54-00-AB-CD-EF` and `525400abcdef` as `52:54:00:ab:cd:ef`. */
function normalMac(text: string): string {
  const digits = text.toLowerCase().replace(/[-:.]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : text;
}

function booleanOf(text: string | undefined): boolean | undefined | 'Invalid' {
  if (text === undefined) return undefined;
  if (/^(true|yes|1)$/i.test(text)) return true;
  return /^(false|no|0)$/i.test(text) ? false : 'Invalid';
}

/** By the schema of the kind, which is loaded for this alone. */
async function problemsOf(spec: unknown): Promise<string[]> {
  const { MachineSpec } = await import('../../../api/machine/spec.ts');
  const parsed = MachineSpec.safeParse(spec);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** What stands in the way of new machines beside those that are there: taken names and MAC addresses. */
export function clashes(
  drafts: readonly MachineDraft[],
  existing: readonly Machine[],
): Map<string, string[]> {
  const names = new Set(existing.map(({ metadata }) => metadata.name));
  const owners = new Map(
    existing.flatMap(({ metadata, spec }) =>
      spec.macAddresses.map((mac): [string, string] => [mac, metadata.name]),
    ),
  );
  const found = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const { metadata, spec } of drafts) {
    const problems: string[] = [];
    if (names.has(metadata.name)) problems.push(`machine ${metadata.name} is there already`);
    if (seen.has(metadata.name)) problems.push(`name ${metadata.name} is given twice`);
    seen.add(metadata.name);
    for (const mac of Array.isArray(spec.macAddresses) ? spec.macAddresses.map(String) : []) {
      const owner = owners.get(mac);
      if (owner !== undefined) problems.push(`mac ${mac} belongs to machine ${owner}`);
      owners.set(mac, metadata.name);
    }
    if (problems.length > 0) found.set(metadata.name, [...(found.get(metadata.name) ?? []), ...problems]);
  }
  return found;
}
