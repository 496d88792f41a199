import type { BootProgress } from '../../api/machine/boot.ts';
import { bootStages, type SeenStage } from '../../api/machine/timeline.ts';
import type { BootReport } from '../agent-api/ports.ts';

const places = ['mac', 'vlan', 'subnet', 'address', 'architecture'] as const;

/** Negative when `a` is an earlier generation or stage than `b`. */
function compareProgress(a: Pick<BootReport, 'generation' | 'stage'>, b: typeof a): number {
  return a.generation - b.generation || bootStages.indexOf(a.stage) - bootStages.indexOf(b.stage);
}

/** The stages that a report tells of. */
export function stagesOf({ seen, stage, at, mac }: BootReport): readonly SeenStage[] {
  return seen ?? [{ stage, at, ...(mac === undefined ? {} : { mac }) }];
}

/** Every stage of both once, as it was seen first, in the order of a boot. */
function mergeStages(one: readonly SeenStage[], other: readonly SeenStage[]): SeenStage[] {
  const all = [...one, ...other].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return bootStages.flatMap((stage) => all.find((entry) => entry.stage === stage) ?? []);
}

/**
 * Whether a report says more than what is stored: a later generation, a stage that was not seen yet or was seen earlier, or another place. A report of an
 * earlier stage is late: the machine has come further since, and is where that says.
 */
export function isNews(stored: Omit<BootProgress, 'rack'> | undefined, report: BootReport): boolean {
  if (stored === undefined) return true;
  const ahead = compareProgress(report, stored);
  if (report.generation === stored.generation && stored.seen !== undefined) {
    const { seen } = stored;
    const isKnown = ({ stage, at }: SeenStage): boolean =>
      seen.some((entry) => entry.stage === stage && Date.parse(entry.at) <= Date.parse(at));
    if (!stagesOf(report).every(isKnown)) return true;
  }
  if (ahead !== 0) return ahead > 0;
  return places.some((place) => report[place] !== undefined && report[place] !== stored[place]);
}

/**
 * Both reports as one: the furthest of the latest generation; of two equally far ones the newer. What it leaves unsaid is kept from
 * the other, within a generation, but another interface is another place.
 */
export function mergeReports(older: BootReport | undefined, newer: BootReport): BootReport {
  if (older === undefined) return newer;
  const [before, after] = compareProgress(newer, older) < 0 ? [newer, older] : [older, newer];
  if (before.generation !== after.generation) return { ...after, seen: [...stagesOf(after)] };
  const seen = mergeStages(stagesOf(before), stagesOf(after));
  const architecture = after.architecture ?? before.architecture;
  if (after.mac !== undefined && before.mac !== undefined && after.mac !== before.mac) {
    return { ...after, architecture, seen };
  }
  return {
    ...after,
    architecture,
    mac: after.mac ?? before.mac,
    vlan: after.vlan ?? before.vlan,
    subnet: after.subnet ?? before.subnet,
    address: after.address ?? before.address,
    seen,
  };
}
