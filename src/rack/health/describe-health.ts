import { type HardwareHealth, mostComponents, mostFirmware } from '../../api/machine/health.ts';
import type { HardwareReport } from '../power/driver.ts';

/** What of a report stands in a machine's status: bounded, sorted, the worst components first. */
export function describeHealth(report: HardwareReport, rack: string): HardwareHealth {
  const { overall, secureBoot, log } = report;
  const components = report.components
    .map(({ name, health, message }) => ({
      name: name.slice(0, 128),
      health,
      ...(message === undefined ? {} : { message: message.slice(0, 256) }),
    }))
    .sort((a, b) => rank(a.health) - rank(b.health) || (a.name < b.name ? -1 : 1))
    .slice(0, mostComponents);
  const firmware = Object.entries(report.firmware)
    .map(([name, version]): [string, string] => [name.slice(0, 64), version.slice(0, 64)])
    // BIOS and BMC are first in a report, and are kept.
    .slice(0, mostFirmware)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ rack, overall, components },
    ...(secureBoot === undefined ? {} : { secureBoot }),
    ...(firmware.length === 0 ? {} : { firmware: Object.fromEntries(firmware) }),
    ...(log.cursor === undefined
      ? {}
      : { eventLog: { cursor: log.cursor.slice(0, 128), critical: log.critical } }),
  };
}

function rank(health: 'Warning' | 'Critical'): number {
  return health === 'Critical' ? 0 : 1;
}
