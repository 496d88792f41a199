import { type BootProgress, bootStages } from '../../api/machine/schema.ts';
import type { BootReport } from '../agent-api/ports.ts';

const places = ['mac', 'vlan', 'subnet', 'address', 'architecture'] as const;

/** Negative when `a` is an earlier generation or stage than `b`. */
function compareProgress(a: Pick<BootReport, 'generation' | 'stage'>, b: typeof a): number {
  return a.generation - b.generation || bootStages.indexOf(a.stage) - bootStages.indexOf(b.stage);
}

/**
 * Whether a report says more than what is stored: a later generation, a later stage, or another place. A report of an earlier
 * stage is late: the machine has come further since.
 */
export function isNews(stored: Omit<BootProgress, 'rack'> | undefined, report: BootReport): boolean {
  if (stored === undefined) return true;
  const ahead = compareProgress(report, stored);
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
  if (before.generation !== after.generation) return after;
  const architecture = after.architecture ?? before.architecture;
  if (after.mac !== undefined && before.mac !== undefined && after.mac !== before.mac) {
    return { ...after, architecture };
  }
  return {
    ...after,
    architecture,
    mac: after.mac ?? before.mac,
    vlan: after.vlan ?? before.vlan,
    subnet: after.subnet ?? before.subnet,
    address: after.address ?? before.address,
  };
}
