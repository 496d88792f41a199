/** What a state of a sensor means: of its thresholds, or of what its type can say (IPMI 2.0, tables 42-2 and 42-3). */
export interface SensorState {
  health: 'OK' | 'Warning' | 'Critical';
  words: string;
}

const thresholdType = 0x01;
const sensorSpecific = 0x6f;

/** Bits of a reading: lower non-critical, critical and non-recoverable, then the same upper. */
const thresholds: readonly SensorState[] = [
  { health: 'Warning', words: 'below its lower non-critical threshold' },
  { health: 'Critical', words: 'below its lower critical threshold' },
  { health: 'Critical', words: 'below its lower non-recoverable threshold' },
  { health: 'Warning', words: 'above its upper non-critical threshold' },
  { health: 'Critical', words: 'above its upper critical threshold' },
  { health: 'Critical', words: 'above its upper non-recoverable threshold' },
];

const critical = (words: string): SensorState => ({ health: 'Critical', words });
const warning = (words: string): SensorState => ({ health: 'Warning', words });

/** By sensor type, and the offset of the state. What is not here says nothing of health. */
const ofSensorTypes: Readonly<Record<number, Readonly<Record<number, SensorState>>>> = {
  7: {
    0: critical('internal error'),
    1: critical('thermal trip'),
    2: critical('failure in its self test'),
    4: critical('failure at its start'),
    11: critical('uncorrectable machine check'),
  },
  8: {
    1: critical('failure'),
    2: warning('failure is predicted'),
    3: warning('input lost'),
    4: warning('input lost or out of range'),
    5: warning('input out of range'),
    6: warning('wrong configuration'),
  },
  9: { 5: critical('soft power control failure'), 6: critical('power unit failure') },
  12: {
    1: critical('uncorrectable error of memory'),
    2: critical('parity error'),
    3: critical('failure in scrubbing'),
    5: warning('more correctable errors than are logged'),
    7: warning('wrong configuration'),
  },
  13: {
    1: critical('drive fault'),
    2: warning('failure is predicted'),
    5: critical('in a critical array'),
    6: critical('in a failed array'),
  },
  19: {
    4: critical('PCI parity error'),
    5: critical('PCI system error'),
    8: critical('uncorrectable bus error'),
  },
};

/** By generic event type (table 42-2), and the offset of the state. */
const ofEventTypes: Readonly<Record<number, Readonly<Record<number, SensorState>>>> = {
  4: { 1: warning('failure is predicted') },
  7: {
    1: warning('non-critical from OK'),
    2: critical('critical from less severe'),
    3: critical('non-recoverable from less severe'),
    4: warning('non-critical from more severe'),
    5: critical('critical from non-recoverable'),
    6: critical('non-recoverable'),
  },
  11: {
    1: warning('redundancy lost'),
    2: warning('redundancy degraded'),
    3: warning('not redundant, resources suffice'),
    4: warning('not redundant, resources suffice'),
    5: critical('not redundant, resources do not suffice'),
  },
};

/** Names of sensor types (table 42-3), for events of sensors that the repository does not name. */
const typeNames: Readonly<Record<number, string>> = {
  1: 'Temperature',
  2: 'Voltage',
  3: 'Current',
  4: 'Fan',
  5: 'Chassis intrusion',
  7: 'Processor',
  8: 'Power supply',
  9: 'Power unit',
  12: 'Memory',
  13: 'Drive slot',
  15: 'Firmware progress',
  16: 'Event log',
  18: 'System event',
  19: 'Critical interrupt',
  34: 'ACPI power state',
  35: 'Watchdog',
};

/** @param type of the sensor */
export function sensorTypeName(type: number): string {
  return typeNames[type] ?? `Sensor of type ${type}`;
}

/** The state at an offset, undefined when it says nothing of health. @param offset a bit of a reading */
export function stateAt(type: number, eventType: number, offset: number): SensorState | undefined {
  if (eventType === thresholdType) return thresholds[offset];
  return (eventType === sensorSpecific ? ofSensorTypes[type] : ofEventTypes[eventType])?.[offset];
}

/** The same for an event, whose offsets of thresholds come in pairs: going low, going high (table 42-2). */
export function eventState(type: number, eventType: number, offset: number): SensorState | undefined {
  return stateAt(type, eventType, eventType === thresholdType ? offset >> 1 : offset);
}

/** The worst of the states whose bits are set; undefined when none says anything of health. */
export function worstState(type: number, eventType: number, bits: number): SensorState | undefined {
  const found = Array.from({ length: 15 }, (_, offset) => offset)
    .filter((offset) => (bits & (1 << offset)) !== 0)
    .flatMap((offset) => stateAt(type, eventType, offset) ?? []);
  return found.find(({ health }) => health === 'Critical') ?? found[0];
}
