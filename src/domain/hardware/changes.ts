/** The NICs and disks of an inventory, by what they are known by. */
export interface Parts {
  nics: readonly string[];
  disks: readonly string[];
}

/** What came and what went, each as `NIC 52:54:00:…` or `disk …`, sorted. */
export interface Changes {
  came: string[];
  went: string[];
}

interface Facts {
  nics: readonly { mac: string; pciAddress?: string | undefined }[];
  disks: readonly {
    path: string;
    serial?: string | undefined;
    wwn?: string | undefined;
    model?: string | undefined;
    removable: boolean;
  }[];
}

const mostNics = 64;
const mostDisks = 512;

/** What of an inventory would be changed with a screwdriver. Disks that are meant to be pulled out do not count. */
export function partsOf({ nics, disks }: Facts): Parts {
  return {
    nics: unique(nics.map(({ mac }) => mac)).slice(0, mostNics),
    disks: unique(disks.filter(({ removable }) => !removable).map(diskName)).slice(0, mostDisks),
  };
}

function diskName({ serial, wwn, path, model }: Facts['disks'][number]): string {
  const id = serial?.trim() || wwn?.trim() || path;
  return `${model?.trim() ?? ''} ${id}`.trim().slice(0, 300);
}

export function changesBetween(before: Parts, after: Parts): Changes {
  return {
    came: [...added(before.nics, after.nics, 'NIC'), ...added(before.disks, after.disks, 'disk')],
    went: [...added(after.nics, before.nics, 'NIC'), ...added(after.disks, before.disks, 'disk')],
  };
}

function added(before: readonly string[], after: readonly string[], what: string): string[] {
  const known = new Set(before);
  return after.filter((part) => !known.has(part)).map((part) => `${what} ${part}`.slice(0, 300));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
