import type { z } from 'zod';
import type { SensorReading } from '../driver.ts';
import type { HealthReader } from './health.ts';
import {
  type Chassis,
  EnvironmentMetrics,
  Part,
  type Reading,
  Readings,
  type Status,
  Subsystem,
  ThermalMetrics,
} from './health-resources.ts';

/** So many sensors of a chassis are kept. */
const mostSensors = 64;
/** So many fans and power supplies are asked one by one. */
const mostParts = 16;

/**
 * The sensors of a chassis: from Thermal and Power, which say all at once, else from ThermalSubsystem and PowerSubsystem, which
 * newer BMCs have instead. Fans and power supplies that are not healthy are noted.
 * @throws CodedError<PowerErrorCode>
 */
export async function readSensors(
  chassis: z.infer<typeof Chassis>,
  reader: HealthReader,
): Promise<SensorReading[]> {
  const thermal = await reader.read(chassis.Thermal, Readings);
  const power = await reader.read(chassis.Power, Readings);
  const old = [...readingsOf(thermal, reader), ...readingsOf(power, reader)];
  if (old.length > 0) return old.slice(0, mostSensors);
  const sensors: SensorReading[] = [];
  const subsystem = await reader.read(chassis.ThermalSubsystem, Subsystem);
  const metrics = await reader.read(subsystem?.ThermalMetrics, ThermalMetrics);
  for (const [index, excerpt] of (metrics?.TemperatureReadingsCelsius ?? []).entries()) {
    const name = excerpt?.DeviceName ?? excerpt?.DataSourceUri?.split('/').at(-1);
    push(sensors, name ?? `Temperature ${index}`, 'Temperature', 'Celsius', excerpt?.Reading);
  }
  for (const link of await reader.members(subsystem?.Fans, mostParts)) {
    const fan = await reader.read(link, Part);
    const name = fan?.Name ?? fan?.Id ?? 'Fan';
    reader.note(name, fan?.Status);
    const { SpeedRPM, Reading } = fan?.SpeedPercent ?? {};
    if (SpeedRPM === undefined) push(sensors, name, 'Fan', 'Percent', Reading);
    else push(sensors, name, 'Fan', 'RPM', SpeedRPM);
  }
  const supplies = (await reader.read(chassis.PowerSubsystem, Subsystem))?.PowerSupplies;
  for (const link of await reader.members(supplies, mostParts)) {
    const supply = await reader.read(link, Part);
    reader.note(supply?.Name ?? supply?.Id ?? 'Power supply', supply?.Status);
  }
  const environment = await reader.read(chassis.EnvironmentMetrics, EnvironmentMetrics);
  push(sensors, 'Chassis', 'Power', 'Watts', environment?.PowerWatts?.Reading);
  return sensors.slice(0, mostSensors);
}

function readingsOf(resource: z.infer<typeof Readings> | undefined, reader: HealthReader): SensorReading[] {
  const sensors: SensorReading[] = [];
  const each = (
    list: readonly (Reading | undefined)[] | undefined,
    kind: string,
    take: (name: string, reading: Reading) => void,
  ): void => {
    for (const [index, reading] of (list ?? []).entries()) {
      if (reading === undefined || isAbsent(reading.Status)) continue;
      const name = reading.Name ?? `${kind} ${reading.MemberId ?? index}`;
      reader.note(name, reading.Status);
      take(name, reading);
    }
  };
  each(resource?.Temperatures, 'Temperature', (name, { ReadingCelsius }) =>
    push(sensors, name, 'Temperature', 'Celsius', ReadingCelsius),
  );
  each(resource?.Fans, 'Fan', (name, { Reading: value, ReadingUnits }) =>
    push(sensors, name, 'Fan', ReadingUnits === 'Percent' ? 'Percent' : 'RPM', value),
  );
  each(resource?.Voltages, 'Voltage', (name, { ReadingVolts }) =>
    push(sensors, name, 'Voltage', 'Volts', ReadingVolts),
  );
  each(resource?.PowerControl, 'Power', (name, { PowerConsumedWatts }) =>
    push(sensors, name, 'Power', 'Watts', PowerConsumedWatts),
  );
  each(resource?.PowerSupplies, 'Power supply', (name, { PowerInputWatts, LastPowerOutputWatts }) =>
    push(sensors, name, 'Power', 'Watts', PowerInputWatts ?? LastPowerOutputWatts),
  );
  return sensors;
}

/** Two sensors of one name would be one metric: the second is numbered. */
function push(
  sensors: SensorReading[],
  name: string,
  kind: SensorReading['kind'],
  unit: SensorReading['unit'],
  value: number | undefined,
): void {
  if (value === undefined || !Number.isFinite(value)) return;
  const base = name.slice(0, 56);
  let unique = base;
  for (let number = 2; sensors.some((sensor) => sensor.name === unique && sensor.kind === kind); number += 1)
    unique = `${base} ${number}`;
  sensors.push({ name: unique, kind, unit, value });
}

function isAbsent(status: Status): boolean {
  return status?.State === 'Absent' || status?.State === 'Disabled';
}
