import { bmcDrivers } from '../../api/bmc/drivers.ts';
import { effectiveBmc } from '../../api/bmc/effective.ts';
import type { ConsoleKind } from '../../api/console/messages.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { PowerDriverName } from '../power/drivers.ts';
import type { ConsoleSource } from './serial-console.ts';

/** Drivers with a console; those that declare `Console`. */
export const consoleKindOf: Readonly<Partial<Record<PowerDriverName, ConsoleKind>>> = {
  ipmi: 'Sol',
  libvirt: 'Libvirt',
};

/**
 * The console of a machine: of its BMC where that has one, else the account of its boot.
 * @param wanted undefined: what there is
 * @returns undefined: it has none of that kind
 */
export function sourceFor(
  machine: Machine,
  wanted: ConsoleKind | undefined,
  sources: Readonly<Record<ConsoleKind, ConsoleSource>>,
): ConsoleSource | undefined {
  const driver = effectiveBmc(machine)?.driver;
  const hasConsole =
    driver !== undefined && driver !== 'manual' && bmcDrivers[driver].can.includes('Console');
  const own = hasConsole ? consoleKindOf[driver] : undefined;
  const kind = wanted ?? own ?? 'BootLog';
  return kind === 'BootLog' || kind === own ? sources[kind] : undefined;
}
