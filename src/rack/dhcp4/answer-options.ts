import {
  type DhcpOptionSetting,
  type EncodedOption,
  encodeOptions,
} from '../../domain/dhcp/option-setting.ts';
import { bootOptionCodes } from '../../domain/dhcp/option-table.ts';
import { ipv4ToNumber } from '../../domain/net/address.ts';
import { option } from './options.ts';
import { joinBytes, tlv } from './tlv.ts';

/** What a client may be told, encoded once: of a subnet, of a range of it, or of one client. */
export interface AnswerOptions {
  /** By code, in the order in which a client without a list gets them. */
  readonly byCode: ReadonlyMap<number, EncodedOption>;
  /** What is wrong with the settings, for a person. */
  readonly problems: readonly string[];
  /** The answers to the lists that clients sent, by `keyOf`. */
  readonly prepared: Map<string, PreparedOptions>;
  /** How many of them are remembered: the lists come out of packets. */
  readonly remembered: number;
}

/** The answer to one list of requested options, as it is sent. */
export interface PreparedOptions {
  /** Mask, then routers: without them a client has no network (RFC 2132, 3.3 wants this order). */
  essential: Uint8Array;
  /** In the order of the client's list, then what goes out unasked. */
  rest: Uint8Array;
  /** A person's boot file and its server, for the fields of the header. */
  file: string;
  nextServer: number | undefined;
}

/** What of a client decides which options it gets. */
export interface Asking {
  /** Option 55; undefined: it takes what there is. */
  list: Uint8Array | undefined;
  /** Its strings end in NUL. */
  wantsNul: boolean;
  /** It boots from the network: firmware's options are the rack's alone. */
  boots: boolean;
}

/** Lists that are remembered for a set that many clients share. */
export const sharedLists = 64;
/** The same for the set of one client, which has a firmware, a loader and a system. There may be many thousands of them. */
const ownLists = 4;
const longestList = 100;
/** Option 121 under the number by which Windows before Vista asks for it. */
const microsoftRoutes = 249;
const essentialCodes: readonly number[] = [option.subnetMask.code, option.router.code];

/** A set of options that stands on nothing. */
export function answerOptions(options: readonly EncodedOption[]): AnswerOptions {
  return {
    byCode: new Map(options.map((one) => [one.code, one])),
    problems: [],
    prepared: new Map(),
    remembered: sharedLists,
  };
}

const derived = new WeakMap<readonly DhcpOptionSetting[], WeakMap<AnswerOptions, AnswerOptions>>();

/** The set with a person's settings over it. The same two objects in give the same set back. */
export function withSettings(
  base: AnswerOptions,
  settings: readonly DhcpOptionSetting[] | undefined,
  remembered = ownLists,
): AnswerOptions {
  if (settings === undefined || settings.length === 0) return base;
  let known = derived.get(settings);
  if (known === undefined) {
    known = new WeakMap();
    derived.set(settings, known);
  }
  let made = known.get(base);
  if (made === undefined) {
    made = merge(base, settings, remembered);
    known.set(base, made);
  }
  return made;
}

function merge(
  base: AnswerOptions,
  settings: readonly DhcpOptionSetting[],
  remembered: number,
): AnswerOptions {
  const { options, problems } = encodeOptions(settings);
  const byCode = new Map(base.byCode);
  for (const one of options) {
    const always = one.always || byCode.get(one.code)?.always === true;
    byCode.set(one.code, { ...one, always });
  }
  return { byCode, problems: [...base.problems, ...problems], prepared: new Map(), remembered };
}

/** The answer to a client's list; made once for each list. */
export function prepareOptions(answers: AnswerOptions, asking: Asking): PreparedOptions {
  const key = keyOf(asking);
  if (key === undefined) return prepare(answers, asking);
  let known = answers.prepared.get(key);
  if (known === undefined) {
    known = prepare(answers, asking);
    if (answers.prepared.size >= answers.remembered) answers.prepared.clear();
    answers.prepared.set(key, known);
  }
  return known;
}

function keyOf({ list, wantsNul, boots }: Asking): string | undefined {
  const kind = (wantsNul ? 1 : 0) + (boots ? 2 : 0);
  if (list === undefined) return `${kind}`;
  if (list.length > longestList) return undefined;
  return `${kind}:${Buffer.from(list.buffer, list.byteOffset, list.byteLength).toString('latin1')}`;
}

function prepare({ byCode }: AnswerOptions, { list, wantsNul, boots }: Asking): PreparedOptions {
  const essential: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  const chosen = new Set<number>();
  const add = (parts: Uint8Array[], wanted: number): void => {
    const code = wanted === microsoftRoutes ? option.classlessRoutes.code : wanted;
    const found = byCode.get(code);
    if (found === undefined || chosen.has(wanted) || (boots && bootOptionCodes.has(code))) return;
    chosen.add(wanted);
    parts.push(
      tlv(wanted, found.text && wantsNul ? joinBytes([found.value, Uint8Array.of(0)]) : found.value),
    );
  };
  for (const code of essentialCodes) if (byCode.get(code)?.always) add(essential, code);
  for (const code of list ?? byCode.keys()) add(rest, code);
  for (const { code, always } of byCode.values()) if (always) add(rest, code);
  return {
    essential: joinBytes(essential),
    rest: joinBytes(rest),
    file: chosen.has(option.bootFileName.code) ? textOf(byCode.get(option.bootFileName.code)) : '',
    nextServer: nextServerOf(chosen, byCode),
  };
}

function nextServerOf(
  chosen: ReadonlySet<number>,
  byCode: ReadonlyMap<number, EncodedOption>,
): number | undefined {
  const addresses = byCode.get(option.tftpServers.code)?.value;
  if (chosen.has(option.tftpServers.code) && addresses !== undefined && addresses.length >= 4) {
    return new DataView(addresses.buffer, addresses.byteOffset).getUint32(0);
  }
  if (!chosen.has(option.tftpServerName.code)) return undefined;
  return ipv4ToNumber(textOf(byCode.get(option.tftpServerName.code)));
}

function textOf(found: EncodedOption | undefined): string {
  if (found === undefined || found.value.length > 127) return '';
  return String.fromCharCode(...found.value);
}
