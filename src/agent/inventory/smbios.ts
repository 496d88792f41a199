import { DecodeError } from '../../errors/decode-error.ts';

/** One structure of the SMBIOS table (DMTF DSP0134, section 6.1). */
export interface SmbiosStructure {
  type: number;
  handle: number;
  /** The formatted area, header of 4 bytes included. Little-endian. */
  data: Uint8Array;
  /** Strings, the first is number 1 in the standard: index 0 here. */
  strings: string[];
}

/**
 * Splits the table (/sys/firmware/dmi/tables/DMI) into its structures, up to the end-of-table structure (type 127).
 *
 * @throws DecodeError when a structure runs over the end
 */
export function decodeSmbios(table: Uint8Array): SmbiosStructure[] {
  const structures: SmbiosStructure[] = [];
  let at = 0;
  while (at + 4 <= table.length) {
    const type = table[at] ?? 0;
    const length = table[at + 1] ?? 0;
    const handle = (table[at + 2] ?? 0) | ((table[at + 3] ?? 0) << 8);
    if (length < 4 || at + length > table.length)
      throw new DecodeError(`SMBIOS structure at byte ${at}: length ${length} does not fit`);
    const { strings, end } = decodeStrings(table, at + length);
    structures.push({ type, handle, data: table.subarray(at, at + length), strings });
    if (type === 127) break;
    at = end;
  }
  return structures;
}

/** Zero-terminated strings, ended by an empty one; two zero bytes when there is none. */
function decodeStrings(table: Uint8Array, start: number): { strings: string[]; end: number } {
  const strings: string[] = [];
  let at = start;
  for (;;) {
    const zero = table.indexOf(0, at);
    if (zero === -1) throw new DecodeError(`SMBIOS strings at byte ${start} have no end`);
    if (zero === at) break;
    strings.push(new TextDecoder('latin1').decode(table.subarray(at, zero)).trim());
    at = zero + 1;
  }
  const empty = strings.length === 0 ? 2 : 1;
  if (at + empty > table.length + 1) throw new DecodeError(`SMBIOS strings at byte ${start} have no end`);
  return { strings, end: at + empty };
}

/** The byte at `offset`, undefined when the structure is older and shorter. */
export function byteAt(structure: SmbiosStructure, offset: number): number | undefined {
  return structure.data[offset];
}

/** The 16-bit word at `offset`, little-endian. */
export function wordAt(structure: SmbiosStructure, offset: number): number | undefined {
  const [low, high] = [structure.data[offset], structure.data[offset + 1]];
  return low === undefined || high === undefined ? undefined : low | (high << 8);
}

/** The 32-bit word at `offset`, little-endian. */
export function dwordAt(structure: SmbiosStructure, offset: number): number | undefined {
  const [low, high] = [wordAt(structure, offset), wordAt(structure, offset + 2)];
  return low === undefined || high === undefined ? undefined : low + high * 0x10000;
}

/** Words that vendors leave in place of a value. */
const placeholders =
  /^(|not specified|not available|none|n\/a|unknown|default string|to be filled by o\.?e\.?m\.?|system (manufacturer|product name|serial number|version)|0+|no dimm|no module installed)$/i;

/** The string that the byte at `offset` refers to; undefined for none and for what vendors write for none. */
export function stringAt(structure: SmbiosStructure, offset: number): string | undefined {
  const index = structure.data[offset];
  const text = index === undefined || index === 0 ? undefined : structure.strings[index - 1];
  return text === undefined || placeholders.test(text) ? undefined : text;
}
