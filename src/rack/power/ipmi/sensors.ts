import type { HardwareReport, SensorReading } from '../driver.ts';
import { byteAt, requireLength } from './bytes.ts';
import type { Send, TrySend } from './connection.ts';
import { bmcAddress, type IpmiRequest, netFn } from './lan-message.ts';
import { convert, decodeSensorRecord, type SensorRecord } from './sensor-record.ts';
import { worstState } from './sensor-state.ts';

/** Does one step after another, some in each turn at the BMC, until one says that all is done. */
export type InTurns = (step: (send: Send, trySend: TrySend) => Promise<'More' | 'Done'>) => Promise<void>;

/** A repository of a large server has some 300 records. */
const mostRecords = 512;
const mostSensors = 64;
/** Discrete sensors are asked too, for what they say of health. */
const mostAsked = 160;
const lastRecord = 0xffff;
const whole = 0xff;
/** What every BMC reads at a time. */
const pieceLength = 16;
const headerLength = 5;

/** Network function sensor/event (IPMI 2.0, table 5-1). */
const sensorNetFn = 0x04;

const reserveRequest: IpmiRequest = { netFn: netFn.storage, command: 0x22, data: Uint8Array.of() };

/** Get SDR (table 33-8). */
function getRecord(reservation: number, record: number, offset: number, length: number): IpmiRequest {
  const data = Uint8Array.of(
    reservation & 0xff,
    reservation >> 8,
    record & 0xff,
    record >> 8,
    offset,
    length,
  );
  return { netFn: netFn.storage, command: 0x23, data };
}

/** The sensors of the BMC's own that its repository lists; none where it has no repository. @throws CodedError<PowerErrorCode> */
export async function readSensorRecords(inTurns: InTurns): Promise<SensorRecord[]> {
  const found: SensorRecord[] = [];
  let record = 0;
  let records = 0;
  let readsWhole = true;
  await inTurns(async (send, trySend) => {
    let answer = readsWhole ? await trySend(getRecord(0, record, 0, whole), 'Get SDR') : undefined;
    if (answer === undefined) {
      readsWhole = false;
      answer = await readInPieces(record, send, trySend);
    }
    if (answer === undefined) return 'Done';
    const next = byteAt(answer, 0, 'Get SDR') | (byteAt(answer, 1, 'Get SDR') << 8);
    found.push(...sensorsIn(answer.subarray(2)));
    records += 1;
    if (next === lastRecord || next === record || records >= mostRecords) return 'Done';
    record = next;
    return 'More';
  });
  // What other controllers have is behind bridges.
  return found.filter(({ owner, lun }) => owner === bmcAddress && lun === 0);
}

/** One that is shorter than it should be hides no other. */
function sensorsIn(record: Uint8Array): SensorRecord[] {
  const length = headerLength + byteAt(record, 4, 'Get SDR');
  return record.length < length || length < 33 ? [] : decodeSensorRecord(record.subarray(0, length));
}

/** In small pieces, under a reservation. @returns undefined when there is no such record, or it changes all the while */
async function readInPieces(record: number, send: Send, trySend: TrySend): Promise<Uint8Array | undefined> {
  const reserved = await trySend(reserveRequest, 'Reserve SDR Repository');
  if (reserved === undefined) return undefined;
  requireLength(reserved, 2, 'Reserve SDR Repository');
  const reservation = byteAt(reserved, 0, 'Get SDR') | (byteAt(reserved, 1, 'Get SDR') << 8);
  const header = await trySend(getRecord(reservation, record, 0, headerLength), 'Get SDR');
  if (header === undefined) return undefined;
  requireLength(header, 2 + headerLength, 'Get SDR');
  const length = headerLength + byteAt(header, 6, 'Get SDR');
  const parts = [...header];
  for (let offset = headerLength; offset < length; offset += pieceLength) {
    const size = Math.min(pieceLength, length - offset);
    const piece = await send(getRecord(reservation, record, offset, size), 'Get SDR');
    requireLength(piece, 2 + size, 'Get SDR');
    parts.push(...piece.subarray(2, 2 + size));
  }
  return Uint8Array.from(parts);
}

/** What one sensor says (table 35-15). */
export interface RawReading {
  raw: number;
  /** Bits of its states. */
  states: number;
}

/** Undefined for a sensor that is switched off, or has no reading at the moment. @throws DecodeError */
export function decodeReading(data: Uint8Array): RawReading | undefined {
  const flags = byteAt(data, 1, 'Get Sensor Reading');
  if ((flags & 0x40) === 0 || (flags & 0x20) !== 0) return undefined;
  return {
    raw: byteAt(data, 0, 'Get Sensor Reading'),
    states: (data[2] ?? 0) | (((data[3] ?? 0) & 0x7f) << 8),
  };
}

/** Asks the sensors: values of those that are measured, and what of any is not healthy. @throws CodedError<PowerErrorCode> */
export async function readSensors(
  records: readonly SensorRecord[],
  inTurns: InTurns,
): Promise<Pick<HardwareReport, 'sensors' | 'components'>> {
  const sensors: SensorReading[] = [];
  const components: HardwareReport['components'] = [];
  const waiting = chosen(records);
  await inTurns(async (_send, trySend) => {
    const record = waiting.shift();
    if (record === undefined) return 'Done';
    const request = { netFn: sensorNetFn, command: 0x2d, data: Uint8Array.of(record.number) };
    const answer = await trySend(request, 'Get Sensor Reading');
    const reading = answer === undefined ? undefined : decodeReading(answer);
    if (reading === undefined) return 'More';
    const isThreshold = record.eventType === 1;
    // Bits 7 and 6 of thresholds are reserved, and the second byte is not theirs.
    const bits = isThreshold ? reading.states & 0x3f : reading.states;
    const state = worstState(record.type, record.eventType, bits);
    if (state !== undefined && state.health !== 'OK')
      components.push({ name: record.name, health: state.health, message: state.words });
    const measured = measure(record, reading.raw);
    if (measured !== undefined && sensors.length < mostSensors)
      sensors.push({ ...measured, name: unique(record.name, measured.kind, sensors) });
    return 'More';
  });
  return { sensors, components };
}

/** Those with a value first. */
function chosen(records: readonly SensorRecord[]): SensorRecord[] {
  const measured = records.filter((record) => kindOf(record) !== undefined);
  const others = records.filter((record) => !measured.includes(record));
  return [...measured, ...others].slice(0, mostAsked);
}

function measure(record: SensorRecord, raw: number): Omit<SensorReading, 'name'> | undefined {
  const kind = kindOf(record);
  const value = record.conversion === undefined ? undefined : convert(raw, record.conversion);
  if (kind === undefined || value === undefined) return undefined;
  if (record.unit === 2) return { ...kind, value: Number((((value - 32) * 5) / 9).toPrecision(6)) };
  if (record.unit === 3) return { ...kind, value: Number((value - 273.15).toPrecision(6)) };
  return { ...kind, value };
}

function kindOf({
  conversion,
  isPercent,
  unit,
  type,
}: SensorRecord): Pick<SensorReading, 'kind' | 'unit'> | undefined {
  if (conversion === undefined) return undefined;
  if (type === 4 && isPercent) return { kind: 'Fan', unit: 'Percent' };
  if (isPercent) return undefined;
  if (unit >= 1 && unit <= 3) return { kind: 'Temperature', unit: 'Celsius' };
  if (unit === 4) return { kind: 'Voltage', unit: 'Volts' };
  if (unit === 6) return { kind: 'Power', unit: 'Watts' };
  return unit === 18 ? { kind: 'Fan', unit: 'RPM' } : undefined;
}

/** Two sensors of one name would be one metric: the second is numbered. */
function unique(name: string, kind: SensorReading['kind'], sensors: readonly SensorReading[]): string {
  const isTaken = (text: string): boolean => sensors.some((one) => one.name === text && one.kind === kind);
  let text = name;
  for (let number = 2; isTaken(text); number += 1) text = `${name} ${number}`;
  return text;
}
