import { z } from 'zod';

/** The parts of resources that tell of health. What is missing, null or of another type is as if it were not there. */
function lenient<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

/** Of a list, the members that can be read. */
function listOf<T extends z.ZodType>(schema: T) {
  return lenient(z.array(lenient(schema)));
}

const text = lenient(z.string());
const number = lenient(z.number());
const link = lenient(z.object({ '@odata.id': z.string() }));
const links = lenient(z.array(z.object({ '@odata.id': z.string() })));

/** DSP0268 Status. */
export const Status = lenient(
  z.object({ State: text, Health: text, HealthRollup: text, HealthRollUp: text }),
);
export type Status = z.infer<typeof Status>;

const Summary = lenient(z.object({ Status }));

/** DSP0268 ComputerSystem. */
export const HealthySystem = z.object({
  Status,
  BiosVersion: text,
  SecureBoot: link,
  LogServices: link,
  ProcessorSummary: Summary,
  MemorySummary: Summary,
  Links: lenient(z.object({ Chassis: links, ManagedBy: links })),
});

/** DSP0268 Chassis. */
export const Chassis = z.object({
  Status,
  Thermal: link,
  Power: link,
  ThermalSubsystem: link,
  PowerSubsystem: link,
  EnvironmentMetrics: link,
});

const Reading = z.object({
  Name: text,
  MemberId: text,
  Status,
  ReadingCelsius: number,
  Reading: number,
  ReadingUnits: text,
  ReadingVolts: number,
  PowerConsumedWatts: number,
  PowerInputWatts: number,
  LastPowerOutputWatts: number,
});
/** One member of Thermal and Power. */
export type Reading = z.infer<typeof Reading>;

/** DSP0268 Thermal and Power, which one resource may be. */
export const Readings = z.object({
  Temperatures: listOf(Reading),
  Fans: listOf(Reading),
  Voltages: listOf(Reading),
  PowerControl: listOf(Reading),
  PowerSupplies: listOf(Reading),
});

/** DSP0268 ThermalSubsystem and PowerSubsystem. */
export const Subsystem = z.object({ Status, ThermalMetrics: link, Fans: link, PowerSupplies: link });

const Excerpt = z.object({ DeviceName: text, DataSourceUri: text, Reading: number });

/** DSP0268 ThermalMetrics. */
export const ThermalMetrics = z.object({ TemperatureReadingsCelsius: listOf(Excerpt) });

/** DSP0268 Fan and PowerSupply. */
export const Part = z.object({
  Id: text,
  Name: text,
  Status,
  SpeedPercent: lenient(z.object({ Reading: number, SpeedRPM: number })),
});

/** DSP0268 EnvironmentMetrics. */
export const EnvironmentMetrics = z.object({ PowerWatts: lenient(z.object({ Reading: number })) });

/** DSP0268 Manager. */
export const HealthyManager = z.object({ FirmwareVersion: text, Status, LogServices: link });

/** DSP0268 SecureBoot. */
export const SecureBoot = z.object({ SecureBootCurrentBoot: text, SecureBootEnable: lenient(z.boolean()) });

/** DSP0268 UpdateService and SoftwareInventory. */
export const UpdateService = z.object({ FirmwareInventory: link });
export const SoftwareInventory = z.object({ Id: text, Name: text, Version: text });

/** DSP0268 LogService and LogEntry. */
export const LogService = z.object({ Id: text, Entries: link });
const Entry = z.object({
  Id: text,
  Created: text,
  Severity: text,
  Message: text,
  MessageId: text,
});
export type Entry = z.infer<typeof Entry>;
export const Entries = z.object({ Members: listOf(Entry), 'Members@odata.nextLink': text });
