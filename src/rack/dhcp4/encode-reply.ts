import type { Dhcp4Packet } from './packet.ts';
import { eachOption, joinBytes } from './tlv.ts';

/** What an answer says in its fixed fields; the rest is the request's. Addresses are unsigned 32-bit numbers. */
export interface ReplyFields {
  ciaddr: number;
  yiaddr: number;
  siaddr: number;
  flags: number;
  /** Latin-1; at most 127 characters of it are sent. */
  file: string;
}

/** How large an answer may be. */
export interface ReplyLimits {
  /** Bytes of DHCP message. */
  maximum: number;
  /** Whether `sname`, and `file` where it is empty, may carry options (RFC 2131, 4.1; option 52). */
  overload: boolean;
  /** The padding comes in steps of so many bytes: 1 for BOOTP, whose messages have exactly 300. */
  padding: 1 | 6;
  /** Told the code of each option that has no room. */
  leftOut?(code: number): void;
}

/** See `ReplyLimits.padding`: the reader of Windows' wdsmgfw.efi is in step again after six. */
export const dhcpPadding = 6;

const optionsAt = 240;
const snameAt = 44;
const fileAt = 108;
const magicCookie = 0x63825363;
const optionOverload = 52;
const optionEnd = 255;
/** Relays and ROMs drop less than BOOTP's 300 bytes (RFC 1542, 2.1). */
const minimum = 300;
const fileLength = 128;
const snameLength = 64;

/**
 * The bytes of an answer. `chunks` are whole options (see `tlv.ts`) in the order of their worth: what does not fit is
 * left out. `tail` is the relay's information, which comes last (RFC 3046, 2.2) and has its place before all others.
 *
 * The padding is put before END, in steps of six bytes, because Windows' wdsmgfw.efi reads pad bytes as options with a
 * length and stops only at an END.
 */
export function encodeReply(
  request: Dhcp4Packet,
  fields: ReplyFields,
  chunks: readonly Uint8Array[],
  tail: Uint8Array | undefined,
  limits: ReplyLimits,
): Uint8Array {
  let length = tail?.length ?? 0;
  for (const chunk of chunks) length += chunk.length;
  if (optionsAt + length + 1 <= limits.maximum) return write(request, fields, chunks, length, tail, limits);
  const fitted = arrange(chunks, tail, limits, fields.file === '');
  const kept = fitted.main.reduce((sum, option) => sum + option.length, fitted.tail?.length ?? 0);
  const bytes = write(request, fields, fitted.main, kept, fitted.tail, limits);
  if (fitted.file.length > 0) bytes.set(joinBytes([...fitted.file, Uint8Array.of(optionEnd)]), fileAt);
  if (fitted.sname.length > 0) bytes.set(joinBytes([...fitted.sname, Uint8Array.of(optionEnd)]), snameAt);
  return bytes;
}

function write(
  request: Dhcp4Packet,
  fields: ReplyFields,
  chunks: readonly Uint8Array[],
  length: number,
  tail: Uint8Array | undefined,
  limits: ReplyLimits,
): Uint8Array {
  const missing = minimum - (optionsAt + length + 1);
  const padding = missing > 0 ? Math.ceil(missing / limits.padding) * limits.padding : 0;
  const bytes = Buffer.allocUnsafe(optionsAt + length + padding + 1);
  bytes.fill(0, 0, optionsAt);
  bytes[0] = 2;
  bytes[1] = request.htype;
  bytes[2] = request.chaddr.length;
  bytes.writeUInt32BE(request.xid, 4);
  bytes.writeUInt16BE(fields.flags, 10);
  bytes.writeUInt32BE(fields.ciaddr, 12);
  bytes.writeUInt32BE(fields.yiaddr, 16);
  bytes.writeUInt32BE(fields.siaddr, 20);
  bytes.writeUInt32BE(request.giaddr, 24);
  bytes.set(request.chaddr, 28);
  // One byte less than the field: ROMs expect the NUL.
  if (fields.file !== '') bytes.write(fields.file, fileAt, fileLength - 1, 'latin1');
  bytes.writeUInt32BE(magicCookie, optionsAt - 4);
  let at = optionsAt;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (tail !== undefined) {
    bytes.set(tail, at);
    at += tail.length;
  }
  bytes.fill(0, at, at + padding);
  bytes[at + padding] = optionEnd;
  return bytes;
}

/** Where each option goes that there is room for: an option is never torn between two fields. */
interface Fitted {
  main: Uint8Array[];
  file: Uint8Array[];
  sname: Uint8Array[];
  tail: Uint8Array | undefined;
}

function arrange(
  chunks: readonly Uint8Array[],
  tail: Uint8Array | undefined,
  { maximum, overload, leftOut }: ReplyLimits,
  fileIsFree: boolean,
): Fitted {
  const keepsTail = tail !== undefined && optionsAt + tail.length + 1 <= maximum;
  const fitted: Fitted = { main: [], file: [], sname: [], tail: keepsTail ? tail : undefined };
  // Three bytes for option 52, one for END; the fields end in an END of their own.
  const room = maximum - optionsAt - (fitted.tail?.length ?? 0) - 1 - (overload ? 3 : 0);
  const fields: { options: Uint8Array[]; room: number }[] = [{ options: fitted.main, room }];
  if (overload && fileIsFree) fields.push({ options: fitted.file, room: fileLength - 1 });
  if (overload) fields.push({ options: fitted.sname, room: snameLength - 1 });
  for (const chunk of chunks) {
    for (const option of eachOption(chunk)) {
      const field = fields.find((one) => option.length <= one.room);
      if (field === undefined) {
        leftOut?.(option[0] ?? 0);
        continue;
      }
      field.options.push(option);
      field.room -= option.length;
    }
  }
  const used = (fitted.file.length > 0 ? 1 : 0) + (fitted.sname.length > 0 ? 2 : 0);
  if (used > 0) fitted.main.push(Uint8Array.of(optionOverload, 1, used));
  return fitted;
}
