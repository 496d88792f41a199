/** The firmware's boot entries as efibootmgr shows them. */
export interface BootEntries {
  /** Four hexadecimal digits each. */
  order: string[];
  /** The entry that this boot came from. */
  current: string | undefined;
  entries: BootEntry[];
}

export interface BootEntry {
  id: string;
  label: string;
  /** Device path in the words of efibootmgr. */
  path: string;
}

/** Reads what `efibootmgr -v` prints. */
export function parseBootEntries(text: string): BootEntries {
  const entries: BootEntry[] = [];
  let order: string[] = [];
  let current: string | undefined;
  for (const line of text.split('\n')) {
    const entry = /^Boot([0-9A-Fa-f]{4})\*? (.*?)(?:\t(.*))?$/.exec(line);
    if (entry !== null) entries.push({ id: entry[1] ?? '', label: entry[2] ?? '', path: entry[3] ?? '' });
    else if (line.startsWith('BootCurrent: ')) current = line.slice(13).trim();
    else if (line.startsWith('BootOrder: ')) order = line.slice(11).trim().split(',').filter(Boolean);
  }
  return { order, current, entries };
}

/** Labels of our entries begin so; older ones are replaced. */
export const entryPrefix = 'Metalwright';

/** Entries of earlier installs. */
export function staleEntries(boot: BootEntries): string[] {
  return boot.entries.filter(({ label }) => label.startsWith(entryPrefix)).map(({ id }) => id);
}

/** The entry of this install. */
export function ownEntry(boot: BootEntries): string | undefined {
  return boot.entries.find(({ label }) => label.startsWith(entryPrefix))?.id;
}

/**
 * The order in which the firmware shall try: network first, because the rack decides at every boot whether the machine
 * starts its disk; then our entry; then the rest as it was. Of the network entries only the one that brought this boot
 * comes first: the others would be waited for in vain, a minute each, before every start of the disk.
 */
export function planBootOrder(boot: BootEntries): string[] {
  const byId = new Map(boot.entries.map((entry) => [entry.id, entry]));
  const booted = byId.get(boot.current ?? '');
  const first = booted !== undefined && isNetwork(booted) ? booted : undefined;
  const known = boot.order.filter((id) => byId.has(id));
  const rank = (id: string): number => {
    const entry = byId.get(id);
    if (entry !== undefined && (first === undefined ? isNetwork(entry) : entry === first)) return 0;
    return entry?.label.startsWith(entryPrefix) ? 1 : 2;
  };
  return known.toSorted((one, other) => rank(one) - rank(other));
}

/** Device paths of network boots hold a MAC node (UEFI specification, section 10.3.5). */
function isNetwork(entry: BootEntry): boolean {
  return /\bMAC\(|IPv[46]\(|Uri\(/i.test(entry.path) || /\b(pxe|http boot|network)\b/i.test(entry.label);
}
