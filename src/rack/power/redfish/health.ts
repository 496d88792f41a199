import type { z } from 'zod';
import type { RedfishParameters } from '../../../api/bmc/redfish.ts';
import type { HealthLevel } from '../../../api/machine/health.ts';
import type { HardwareReport, HealthLook } from '../driver.ts';
import { isPowerError } from '../errors.ts';
import type { RedfishClient } from './client.ts';
import { readEventLog } from './event-log.ts';
import { readFirmware } from './firmware.ts';
import { Chassis, HealthyManager, HealthySystem, SecureBoot, type Status } from './health-resources.ts';
import { Collection } from './resources.ts';
import { readSensors } from './sensors.ts';
import { findSystem } from './system.ts';

/** Reads resources one at a time, each in its turn at the BMC. */
export interface HealthReader {
  /** Undefined for no link, and for a resource that the BMC does not have. @throws CodedError<PowerErrorCode> */
  read<T extends z.ZodType>(link: Link, schema: T): Promise<z.infer<T> | undefined>;
  /** Links of a collection's members, the first `most`. */
  members(link: Link, most: number): Promise<string[]>;
  /** Notes what is not healthy. */
  note(name: string, status: Status): void;
}

export type Link = string | { '@odata.id': string } | undefined;

/** A machine has one chassis, or a blade and its enclosure. */
const mostChassis = 4;

/**
 * What the BMC says of one system: health of the system, its chassis and its managers, sensors, firmware, Secure Boot, and the
 * event log since `cursor`. A resource that is missing is left out; DSP0268 makes nearly all of them optional.
 *
 * @throws CodedError<PowerErrorCode> when the BMC does not answer, or the system is not found
 */
export async function readHealth(
  client: RedfishClient,
  parameters: RedfishParameters,
  { cursor, turn = (work) => work() }: HealthLook,
  signal: AbortSignal,
): Promise<HardwareReport> {
  const { path } = await turn(() => findSystem(client, parameters, signal));
  const components: HardwareReport['components'] = [];
  const reader = createReader(client, turn, components, signal);
  const root = await turn(() => client.root(signal));
  const system = await reader.read(path, HealthySystem);
  const { BiosVersion, Links: related } = system ?? {};
  reader.note('Processors', system?.ProcessorSummary?.Status);
  reader.note('Memory', system?.MemorySummary?.Status);

  const secure = await reader.read(system?.SecureBoot, SecureBoot);
  const sensors: HardwareReport['sensors'] = [];
  for (const [index, link] of (related?.Chassis ?? []).slice(0, mostChassis).entries()) {
    const chassis = await reader.read(link, Chassis);
    if (chassis === undefined) continue;
    reader.note(index === 0 ? 'Chassis' : `Chassis ${index + 1}`, chassis.Status);
    sensors.push(...(await readSensors(chassis, reader)));
  }
  const manager = await reader.read(related?.ManagedBy?.[0], HealthyManager);
  reader.note('BMC', manager?.Status);
  const isOnly = (await reader.members(root.Systems, 2)).length < 2;
  const firmware = await readFirmware(isOnly ? root.UpdateService : undefined, reader);
  const logs = [system?.LogServices, manager?.LogServices];
  return {
    overall: overallOf(system?.Status, components),
    components,
    sensors,
    secureBoot: secureBootOf(secure),
    firmware: {
      ...(BiosVersion === undefined ? {} : { BIOS: BiosVersion }),
      ...(manager?.FirmwareVersion === undefined ? {} : { BMC: manager.FirmwareVersion }),
      ...firmware,
    },
    log: await readEventLog(logs, cursor, reader),
  };
}

function createReader(
  client: RedfishClient,
  turn: NonNullable<HealthLook['turn']>,
  components: HardwareReport['components'],
  signal: AbortSignal,
): HealthReader {
  const read: HealthReader['read'] = async (link, schema) => {
    const path = typeof link === 'string' ? link : link?.['@odata.id'];
    if (path === undefined) return undefined;
    try {
      return (await turn(() => client.get(path, schema, signal))).resource;
    } catch (thrown) {
      // What this BMC has not got, or makes nonsense of, hides nothing else.
      const isGap = isPowerError(thrown) && !gone.includes(thrown.code) && !thrown.retryable;
      if (isGap) return undefined;
      throw thrown;
    }
  };
  return {
    read,
    async members(link, most) {
      const collection = await read(link, Collection);
      return (collection?.Members ?? []).slice(0, most).map((member) => member['@odata.id']);
    },
    note(name, status) {
      const health = status?.Health;
      if (status?.State === 'Absent' || (health !== 'Warning' && health !== 'Critical')) return;
      components.push({ name, health });
    },
  };
}

/** Errors that every further request would meet too. */
const gone: readonly string[] = ['BmcUnreachable', 'BmcAuthenticationFailed', 'BmcTlsFailed'];

/** The rollup where there is one; else the worst of what was seen. */
function overallOf(status: Status, components: HardwareReport['components']): HealthLevel {
  const said = status?.HealthRollup ?? status?.HealthRollUp ?? status?.Health;
  if (said === 'OK' || said === 'Warning' || said === 'Critical') return said;
  if (components.some(({ health }) => health === 'Critical')) return 'Critical';
  return components.length > 0 ? 'Warning' : 'Unknown';
}

function secureBootOf(secure: z.infer<typeof SecureBoot> | undefined): HardwareReport['secureBoot'] {
  const said = secure?.SecureBootCurrentBoot;
  if (said === 'Enabled' || said === 'Disabled') return said;
  if (secure?.SecureBootEnable === undefined) return undefined;
  return secure.SecureBootEnable ? 'Enabled' : 'Disabled';
}
