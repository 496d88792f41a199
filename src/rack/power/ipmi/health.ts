import type { HardwareReport, HealthLook } from '../driver.ts';
import type { Connection } from './connection.ts';
import { readEventLog } from './event-log.ts';
import { netFn } from './lan-message.ts';
import { type InTurns, readSensorRecords, readSensors } from './sensors.ts';

/** Requests in one turn at the BMC: each is small, and there are hundreds. */
const perTurn = 16;

/**
 * What the BMC says of sensors and events. IPMI has no health of the whole machine: it is the worst that a sensor says.
 * @throws CodedError<PowerErrorCode>
 */
export async function readIpmiHealth(
  connection: Connection,
  { cursor, turn = (work) => work() }: HealthLook,
  signal: AbortSignal,
): Promise<HardwareReport> {
  const inTurns: InTurns = async (step) => {
    for (let isDone = false; !isDone; ) {
      isDone = await turn(() =>
        connection.use(async (send, trySend) => {
          for (let nth = 0; nth < perTurn; nth += 1) if ((await step(send, trySend)) === 'Done') return true;
          return false;
        }, signal),
      );
    }
  };
  let firmware: Record<string, string> = {};
  await inTurns(async (_send, trySend) => {
    const device = await trySend({ netFn: netFn.app, command: 0x01, data: Uint8Array.of() }, 'Get Device ID');
    if (device !== undefined) firmware = firmwareOf(device);
    return 'Done';
  });
  const records = await readSensorRecords(inTurns);
  const { sensors, components } = await readSensors(records, inTurns);
  const isSaid = records.length > 0;
  const worst = components.some(({ health }) => health === 'Critical') ? 'Critical' : 'Warning';
  return {
    overall: components.length > 0 ? worst : isSaid ? 'OK' : 'Unknown',
    ...{ components, sensors, secureBoot: undefined, firmware },
    log: await readEventLog(cursor, records, inTurns),
  };
}

/** Major and minor, the latter in BCD (IPMI 2.0, table 20-2). */
function firmwareOf(device: Uint8Array): Record<string, string> {
  const [, , major, minor] = device;
  if (major === undefined || minor === undefined) return {};
  return { BMC: `${major & 0x7f}.${minor.toString(16).padStart(2, '0')}` };
}
