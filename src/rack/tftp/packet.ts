import { DecodeError } from '../../errors/decode-error.ts';

/** A TFTP packet that a client may send (RFC 1350, 5; options RFC 2347). Option names are lower-case. */
export type TftpPacket =
  | { op: 'ReadRequest' | 'WriteRequest'; name: string; mode: string; options: Map<string, string> }
  | { op: 'Ack'; block: number }
  | { op: 'Error'; code: number; message: string }
  /** What only a client that writes would get or send. */
  | { op: 'Other' };

/** RFC 1350, Appendix I, and RFC 2347. */
export const tftpError = {
  notDefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransferId: 5,
  optionRefused: 8,
} as const;

const requestMaximum = 512;

/** Throws DecodeError. */
export function decodeTftp(bytes: Uint8Array): TftpPacket {
  if (bytes.length < 4) throw new DecodeError(`${bytes.length} bytes are too few for TFTP`);
  const code = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const number = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  switch (code) {
    case 1:
      return decodeRequest('ReadRequest', bytes);
    case 2:
      return decodeRequest('WriteRequest', bytes);
    case 3:
    case 6:
      return { op: 'Other' };
    case 4:
      return { op: 'Ack', block: number };
    case 5:
      return { op: 'Error', code: number, message: strings(bytes.subarray(4))[0] ?? '' };
    default:
      throw new DecodeError(`${code} is no TFTP operation`);
  }
}

/** What a server makes of what came in; undefined: no TFTP. */
export function decodeOrDrop(bytes: Uint8Array): TftpPacket | undefined {
  try {
    return decodeTftp(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** DATA with a header in front of a piece of the file. @param into where it is written when it has just that length */
export function encodeData(block: number, data: Uint8Array, into?: Uint8Array): Uint8Array {
  const length = 4 + data.length;
  const bytes = into?.length === length ? into : Buffer.allocUnsafe(length);
  bytes[0] = 0;
  bytes[1] = 3;
  bytes[2] = block >>> 8;
  bytes[3] = block;
  bytes.set(data, 4);
  return bytes;
}

/** The acknowledgement of options (RFC 2347). */
export function encodeOptionAck(options: ReadonlyMap<string, string>): Uint8Array {
  const text = [...options].map(([name, value]) => `${name}\0${value}\0`).join('');
  return Uint8Array.from([0, 6, ...new TextEncoder().encode(text)]);
}

export function encodeError(code: number, message: string): Uint8Array {
  return Uint8Array.from([0, 5, code >>> 8, code, ...new TextEncoder().encode(message), 0]);
}

function decodeRequest(op: 'ReadRequest' | 'WriteRequest', bytes: Uint8Array): TftpPacket {
  if (bytes.length > requestMaximum) throw new DecodeError(`a request of ${bytes.length} bytes`);
  const [name, mode, ...rest] = strings(bytes.subarray(2));
  if (!name || !mode) throw new DecodeError('a request without a name or a mode');
  const options = new Map<string, string>();
  // The first of two equal ones counts; a name without a value is left out.
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const key = rest[index]?.toLowerCase() ?? '';
    if (!options.has(key)) options.set(key, rest[index + 1] ?? '');
  }
  return { op, name, mode: mode.toLowerCase(), options };
}

/** NUL-terminated strings; what comes after the last NUL is no string. */
function strings(bytes: Uint8Array): string[] {
  const found: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    found.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
    start = end + 1;
  }
  return found;
}
