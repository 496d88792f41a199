import type { Machine } from '../../../../src/api/machine/schema.ts';
import type { Grouping } from './view.ts';

/** One line of the list. */
export type Line =
  | { kind: 'group'; key: string; label: string }
  | { kind: 'machine'; key: string; machine: Machine; index: number };

/** Machines, which come in the order of their groups, with a heading before each group. */
export function layOut(machines: readonly Machine[], group: Grouping): Line[] {
  const lines: Line[] = [];
  let before: string | undefined;
  for (const [index, machine] of machines.entries()) {
    const label = groupOf(machine, group);
    if (label !== undefined && label !== before) lines.push({ kind: 'group', key: `group ${label}`, label });
    before = label;
    lines.push({ kind: 'machine', key: machine.metadata.name, machine, index });
  }
  return lines;
}

/** The group of a machine, as `/api/v1/counts` names it, too; undefined without groups. */
export function groupOf({ spec, status }: Machine, group: Grouping): string | undefined {
  if (group === 'none') return undefined;
  if (group === 'phase') return status?.phase ?? 'Unknown';
  return spec[group];
}

/** Where the focus goes by a key: from one machine to another, over headings. Undefined: the key does not move it. */
export function moveFocus(
  lines: readonly Line[],
  from: number,
  key: string,
  page: number,
): number | undefined {
  const machines = lines.flatMap(({ kind }, at) => (kind === 'machine' ? [at] : []));
  const position = machines.findIndex((at) => at >= from);
  const targets: Record<string, number> = {
    ArrowDown: position + 1,
    ArrowUp: position - 1,
    PageDown: position + page,
    PageUp: position - page,
    Home: 0,
    End: machines.length - 1,
  };
  const target = targets[key];
  if (target === undefined || machines.length === 0) return undefined;
  return machines[Math.min(Math.max(0, target), machines.length - 1)];
}
