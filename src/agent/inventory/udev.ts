import type { Files } from '../host/files.ts';

/** What udev found out of a device. */
export interface UdevRecord {
  /** Paths below /dev that lead to it, such as `disk/by-id/ata-…`. */
  links: string[];
  properties: ReadonlyMap<string, string>;
}

/** Reads a record of udev's database: `S:` lines are links, `E:` lines properties. */
export function parseUdevRecord(text: string): UdevRecord {
  const links: string[] = [];
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.startsWith('S:')) links.push(line.slice(2));
    const property = /^E:([^=]+)=(.*)$/.exec(line);
    if (property !== null) properties.set(property[1] ?? '', property[2] ?? '');
  }
  return { links: links.sort(), properties };
}

/** The record of a block device, by its numbers as /sys/block/…/dev shows them: `8:0`. */
export async function readUdevRecord(files: Files, numbers: string | undefined): Promise<UdevRecord> {
  const text = numbers === undefined ? undefined : await files.readText(`/run/udev/data/b${numbers}`);
  return parseUdevRecord(text ?? '');
}
