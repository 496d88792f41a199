import { byteAt } from './bytes.ts';

/** How a raw reading becomes a value (IPMI 2.0, section 36.3): y = L[(M·x + B·10^bExponent)·10^rExponent]. */
export interface Conversion {
  format: 'Unsigned' | 'OnesComplement' | 'TwosComplement';
  m: number;
  b: number;
  bExponent: number;
  rExponent: number;
  /** Code of L; 0: linear. */
  linearization: number;
}

/** A sensor of a repository (tables 43-1 and 43-2). */
export interface SensorRecord {
  /** Address of the controller that has it: 0x20 is the BMC. */
  owner: number;
  lun: number;
  number: number;
  name: string;
  /** Table 42-3: 1 temperature, 4 fan, 8 power supply. */
  type: number;
  /** Table 42-1: 1 is a sensor with thresholds. */
  eventType: number;
  isPercent: boolean;
  /** Table 43-15: 1 °C, 2 °F, 3 K, 4 V, 6 W, 18 RPM. */
  unit: number;
  /** Of a full record whose sensor has a reading. */
  conversion?: Conversion;
}

const fullType = 0x01;
const compactType = 0x02;
const formats = ['Unsigned', 'OnesComplement', 'TwosComplement'] as const;

/**
 * The sensors in one record, header of 5 bytes included: one in a full record, up to 15 that share a compact one, none in any other.
 * @throws DecodeError when it is short
 */
export function decodeSensorRecord(record: Uint8Array): SensorRecord[] {
  const at = (index: number): number => byteAt(record, index, 'sensor record');
  const type = at(3);
  if (type !== fullType && type !== compactType) return [];
  const units = at(20);
  const nameAt = type === fullType ? 47 : 31;
  const base: SensorRecord = {
    owner: at(5),
    lun: at(6) & 3,
    number: at(7),
    name: decodeIdString(record.subarray(nameAt + 1), at(nameAt)) || `sensor ${at(7)}`,
    type: at(12),
    eventType: at(13) & 0x7f,
    isPercent: (units & 1) === 1,
    unit: at(21),
  };
  const format = formats[units >> 6];
  if (type === fullType) {
    if (format === undefined) return [base];
    return [{ ...base, conversion: { format, ...decodeFactors(record) } }];
  }
  const shared = Math.max(1, at(23) & 0x0f);
  if (shared === 1) return [base];
  return Array.from({ length: shared }, (_, index) => ({
    ...base,
    number: (base.number + index) & 0xff,
    name: `${base.name} ${index + 1}`,
  }));
}

function decodeFactors(record: Uint8Array): Omit<Conversion, 'format'> {
  const at = (index: number): number => byteAt(record, index, 'sensor record');
  const exponents = at(29);
  return {
    linearization: at(23) & 0x7f,
    m: signed(at(24) | ((at(25) & 0xc0) << 2), 10),
    b: signed(at(26) | ((at(27) & 0xc0) << 2), 10),
    rExponent: signed(exponents >> 4, 4),
    bExponent: signed(exponents & 0x0f, 4),
  };
}

function signed(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** Type and length, then the text (section 43.15): 8-bit, packed 6-bit ASCII, or BCD plus. Printable characters alone. */
export function decodeIdString(bytes: Uint8Array, typeLength: number): string {
  const text = bytes.subarray(0, typeLength & 0x1f);
  switch (typeLength >> 6) {
    case 1:
      return clean(Array.from(text, (value) => bcd(value >> 4) + bcd(value & 0x0f)).join(''));
    case 2:
      return clean(sixBit(text));
    default:
      return clean(new TextDecoder('latin1').decode(text));
  }
}

function bcd(digit: number): string {
  return '0123456789 -.:,_'[digit] ?? '';
}

/** Four characters in three bytes, least significant bits first; 0 is a space. */
function sixBit(bytes: Uint8Array): string {
  let [bits, held, text] = [0, 0, ''];
  for (const value of bytes) {
    bits |= value << held;
    for (held += 8; held >= 6; held -= 6) {
      text += String.fromCharCode(0x20 + (bits & 0x3f));
      bits >>= 6;
    }
  }
  return text;
}

function clean(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '').trim();
}

/** The value of a raw reading in the sensor's unit; undefined for one whose factors change from reading to reading. */
export function convert(raw: number, conversion: Conversion): number | undefined {
  const { m, b, bExponent, rExponent, linearization } = conversion;
  const linear = (m * numberOf(raw, conversion.format) + b * 10 ** bExponent) * 10 ** rExponent;
  const value = linearize(linear, linearization);
  return value === undefined || !Number.isFinite(value) ? undefined : Number(value.toPrecision(6));
}

function numberOf(raw: number, format: Conversion['format']): number {
  if (format === 'Unsigned' || raw < 0x80) return raw;
  return format === 'TwosComplement' ? raw - 0x100 : raw - 0xff;
}

/** Table 43-1, byte 24. */
function linearize(value: number, code: number): number | undefined {
  switch (code) {
    case 0:
      return value;
    case 1:
      return Math.log(value);
    case 2:
      return Math.log10(value);
    case 3:
      return Math.log2(value);
    case 4:
      return Math.exp(value);
    case 5:
      return 10 ** value;
    case 6:
      return 2 ** value;
    case 7:
      return 1 / value;
    case 8:
      return value ** 2;
    case 9:
      return value ** 3;
    case 10:
      return Math.sqrt(value);
    case 11:
      return Math.cbrt(value);
    default:
      return undefined;
  }
}
