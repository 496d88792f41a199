/** What smartctl's JSON (`smartctl --json`, format 1.0) says of one disk. */
export interface SmartHealth {
  /** Why the disk must not be used. */
  problems: string[];
  /** What is worth knowing. */
  notes: string[];
}

/** Bits of the critical warning (NVMe Base Specification 2.0, figure 207); a temperature is a matter of the room. */
const criticalWarnings = [
  [0, 'its spare blocks are used up'],
  [2, 'its reliability is degraded'],
  [3, 'it has become read-only'],
  [4, 'the backup of its volatile memory has failed'],
] as const;

/** ATA attributes whose raw value counts sectors (by the usual numbering of vendors). */
const sectorCounts = [
  [5, 'sectors moved to spare ones'],
  [197, 'sectors that wait to be moved'],
  [198, 'sectors that could not be read'],
] as const;

/** @returns undefined when the disk does not tell: a virtual one, or one behind a RAID controller */
export function judgeSmart(json: string): SmartHealth | undefined {
  const root = parse(json);
  const status = fields(root.smart_status);
  if (typeof status.passed !== 'boolean') return undefined;
  const problems: string[] = [];
  const notes: string[] = [];
  if (!status.passed) problems.push('expected SMART to say that it is healthy, it says that it is failing');
  judgeNvme(fields(root.nvme_smart_health_information_log), problems, notes);
  judgeAta(list(fields(root.ata_smart_attributes).table).map(fields), problems, notes);
  const unread = number(fields(fields(root.scsi_error_counter_log).read).total_uncorrected_errors);
  if (unread !== undefined && unread > 0) notes.push(`${unread} reads that could not be corrected`);
  const defects = number(root.scsi_grown_defect_list);
  if (defects !== undefined && defects > 0) notes.push(`${defects} grown defects`);
  return { problems, notes };
}

function judgeNvme(log: Fields, problems: string[], notes: string[]): void {
  const warning = number(log.critical_warning) ?? 0;
  for (const [bit, meaning] of criticalWarnings)
    if ((warning & (1 << bit)) !== 0) problems.push(`expected no critical warning, ${meaning}`);
  const [spare, threshold] = [number(log.available_spare), number(log.available_spare_threshold)];
  if (spare !== undefined && threshold !== undefined && spare < threshold)
    problems.push(`expected at least ${threshold} % of its spare blocks, ${spare} % are left`);
  const [used, media] = [number(log.percentage_used), number(log.media_errors)];
  if (used !== undefined && used >= 100) notes.push(`${used} % of its rated life is used`);
  if (media !== undefined && media > 0) notes.push(`${media} media errors so far`);
}

function judgeAta(table: readonly Fields[], problems: string[], notes: string[]): void {
  for (const attribute of table) {
    if (attribute.when_failed === 'now')
      problems.push(`expected attribute ${text(attribute.name)} above its threshold, it has failed`);
    const count = number(fields(attribute.raw).value);
    const meaning = sectorCounts.find(([id]) => id === attribute.id)?.[1];
    if (meaning !== undefined && count !== undefined && count > 0) notes.push(`${count} ${meaning}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parse(json: string): Fields {
  try {
    return fields(JSON.parse(json));
  } catch {
    return {};
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '?';
}
