import { DecodeError } from '../../errors/decode-error.ts';
import { ipv4ToNumber } from '../net/address.ts';
import { encodeClasslessRoutes, type StaticRoute } from './classless-routes.ts';
import { encodeDomainNames } from './domain-name.ts';
import {
  namedOptionOf,
  type OptionValueField,
  optionCodeOf,
  optionValueFields,
  ownedReason,
} from './option-table.ts';

/** One option as a person sets it: by name or by code, with exactly one field of a value. */
export interface DhcpOptionSetting {
  /** See `option-table.ts`. */
  name?: string | undefined;
  code?: number | undefined;
  /** Dotted quads. */
  addresses?: readonly string[] | undefined;
  text?: string | undefined;
  uint8?: readonly number[] | undefined;
  uint16?: readonly number[] | undefined;
  uint32?: readonly number[] | undefined;
  boolean?: boolean | undefined;
  domains?: readonly string[] | undefined;
  routes?: readonly StaticRoute[] | undefined;
  /** Two digits a byte. */
  hex?: string | undefined;
  /** Sent though the client did not ask for it. */
  always?: boolean | undefined;
}

/** One option ready to be sent. */
export interface EncodedOption {
  code: number;
  value: Uint8Array;
  /** A string: some clients want a NUL at its end. */
  text: boolean;
  always: boolean;
}

/**
 * The bytes of a setting. Throws DecodeError with what is wrong: the rules of the custom resources are the same, but an
 * object may be older than they are.
 */
export function encodeOption(setting: DhcpOptionSetting): EncodedOption {
  const { name } = setting;
  const code = setting.code ?? (name === undefined ? undefined : optionCodeOf(name));
  if (code === undefined) throw new DecodeError(`no DHCP option has the name ${JSON.stringify(name)}`);
  const owned = ownedReason(code);
  if (owned !== undefined) throw new DecodeError(owned);
  const given = optionValueFields.filter((field) => setting[field] !== undefined);
  const [field] = given;
  if (field === undefined || given.length > 1) {
    throw new DecodeError(`option ${code} needs exactly one value of ${optionValueFields.join(', ')}`);
  }
  const row = namedOptionOf(code);
  if (row !== undefined && field !== row.field && field !== 'hex') {
    throw new DecodeError(`option ${code} (${row.name}) takes ${row.field} or hex, not ${field}`);
  }
  const value = bytesOf(setting, field);
  return { code, value, text: field === 'text', always: setting.always ?? false };
}

/** All of a list, the later of two with one code; what cannot be sent is left out and named in `problems`. */
export function encodeOptions(settings: readonly DhcpOptionSetting[]): {
  options: EncodedOption[];
  problems: string[];
} {
  const options = new Map<number, EncodedOption>();
  const problems: string[] = [];
  for (const setting of settings) {
    try {
      const option = encodeOption(setting);
      options.set(option.code, option);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      problems.push(error.message);
    }
  }
  return { options: [...options.values()], problems };
}

function bytesOf(setting: DhcpOptionSetting, field: OptionValueField): Uint8Array {
  switch (field) {
    case 'addresses':
      return integers((setting.addresses ?? []).map(addressNumber), 4);
    case 'text':
      return asciiBytes(setting.text ?? '');
    case 'uint8':
      return integers(setting.uint8 ?? [], 1);
    case 'uint16':
      return integers(setting.uint16 ?? [], 2);
    case 'uint32':
      return integers(setting.uint32 ?? [], 4);
    case 'boolean':
      return Uint8Array.of(setting.boolean ? 1 : 0);
    case 'domains':
      return encodeDomainNames(setting.domains ?? []);
    case 'routes':
      return encodeClasslessRoutes(setting.routes ?? []);
    case 'hex':
      return hexBytes(setting.hex ?? '');
  }
}

function addressNumber(text: string): number {
  const value = ipv4ToNumber(text);
  if (value === undefined) throw new DecodeError(`no IPv4 address: ${JSON.stringify(text)}`);
  return value;
}

function integers(values: readonly number[], width: 1 | 2 | 4): Uint8Array {
  const bytes = new Uint8Array(values.length * width);
  for (const [index, value] of values.entries()) {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** width) {
      throw new DecodeError(`${value} is no number of ${width} bytes`);
    }
    for (let byte = 0; byte < width; byte += 1) {
      bytes[index * width + byte] = Math.floor(value / 256 ** (width - 1 - byte));
    }
  }
  return bytes;
}

function asciiBytes(text: string): Uint8Array {
  if (!/^[ -~]+$/.test(text)) throw new DecodeError('a text has printable ASCII characters, at least one');
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function hexBytes(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/i.test(text)) throw new DecodeError('hex has two digits a byte');
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
