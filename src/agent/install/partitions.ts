import { DecodeError } from '../../errors/decode-error.ts';

/** One partition of a disk's table. Sectors as the table counts them. */
export interface Partition {
  /** `/dev/sda3`. */
  device: string;
  number: number;
  start: number;
  sectors: number;
  /** GPT type in upper case, or the MBR type in hexadecimal. */
  type: string;
}

export interface PartitionTable {
  label: 'gpt' | 'dos';
  partitions: Partition[];
}

/**
 * Reads what `sfdisk --json` prints.
 *
 * @returns undefined when the disk has no partition table
 * @throws DecodeError when it is something else than sfdisk's JSON
 */
export function parsePartitionTable(json: string): PartitionTable | undefined {
  if (json.trim() === '') return undefined;
  const table = field(parse(json), 'partitiontable');
  const label = field(table, 'label');
  if (label !== 'gpt' && label !== 'dos') return undefined;
  const partitions = field(table, 'partitions');
  return { label, partitions: Array.isArray(partitions) ? partitions.map(parsePartition) : [] };
}

function parsePartition(entry: unknown): Partition {
  const [device, start, size, type] = ['node', 'start', 'size', 'type'].map((name) => field(entry, name));
  if (typeof device !== 'string' || typeof start !== 'number' || typeof size !== 'number')
    throw new DecodeError('sfdisk: a partition without node, start or size');
  const number = Number(/(\d+)$/.exec(device)?.[1]);
  return { device, number, start, sectors: size, type: String(type).toUpperCase() };
}

/** The partition that ends last on the disk: the only one that can grow. */
export function lastPartition(table: PartitionTable): Partition | undefined {
  return table.partitions.reduce<Partition | undefined>(
    (last, partition) => (last === undefined || partition.start > last.start ? partition : last),
    undefined,
  );
}

const efiSystem = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';

/** The EFI system partition, by its GPT or MBR type. */
export function efiPartition(table: PartitionTable): Partition | undefined {
  return table.partitions.find(({ type }) => type === efiSystem || type === 'EF');
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new DecodeError('sfdisk printed no JSON');
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
