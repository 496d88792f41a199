import { decodePartialName, encodeDomainName } from '../../domain/dhcp/domain-name.ts';
import { DecodeError } from '../../errors/decode-error.ts';
import { option, textBytes } from './options.ts';

/** What a client says of its own full name (option 81, RFC 4702, 2). */
export interface ClientFqdn {
  /** It wants the server to update the A record. */
  wantsUpdate: boolean;
  /** Its name is in DNS' format, not in plain text. */
  wire: boolean;
  name: string;
  /** The name is full; else the server adds the domain. */
  complete: boolean;
}

/** What the server knows of the client's name. */
export interface ServerNames {
  /** The reserved host name; it goes before the client's own. */
  hostname: string | undefined;
  domainName: string | undefined;
}

const flags = { server: 1, override: 2, wire: 4, noUpdate: 8 } as const;
/** Both RCODE fields: RFC 4702, 2.2 says 255 in answers. */
const rcode = 255;
const longestName = 253;

/** Option 81; undefined when it is absent or is no name. */
export function readFqdn(options: ReadonlyMap<number, Uint8Array>): ClientFqdn | undefined {
  const bytes = options.get(option.clientFqdn.code);
  if (bytes === undefined || bytes.length < 3) return undefined;
  const said = bytes[0] ?? 0;
  const wire = (said & flags.wire) !== 0;
  const named = wire ? wireName(bytes.subarray(3)) : plainName(bytes.subarray(3));
  if (named === undefined || named.name.length > longestName) return undefined;
  const wantsUpdate = (said & flags.server) !== 0 && (said & flags.noUpdate) === 0;
  return { wantsUpdate, wire, ...named };
}

/**
 * The answer (RFC 4702, 4): the client's name as the server has it, in the client's own encoding. The rack updates no
 * DNS, and says so: N is set, and O where the client wanted otherwise. Undefined for a name that DNS cannot have.
 */
export function answerFqdn(asked: ClientFqdn, { hostname, domainName }: ServerNames): Uint8Array | undefined {
  const own = hostname ?? asked.name;
  const complete = hostname === undefined && asked.complete;
  const full = complete || own === '' || domainName === undefined ? own : `${own}.${domainName}`;
  const said = flags.noUpdate | (asked.wantsUpdate ? flags.override : 0) | (asked.wire ? flags.wire : 0);
  const name = encodeName(full, asked.wire, complete || domainName !== undefined);
  if (name === undefined) return undefined;
  const bytes = new Uint8Array(3 + name.length);
  bytes.set([said, rcode, rcode]);
  bytes.set(name, 3);
  return bytes;
}

function encodeName(name: string, wire: boolean, complete: boolean): Uint8Array | undefined {
  if (!wire) return textBytes(name);
  if (name === '') return new Uint8Array(0);
  try {
    const bytes = encodeDomainName(name);
    return complete ? bytes : bytes.subarray(0, -1);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A host name alone is no full name, though the root ends it, as dhclient sends it. */
function wireName(bytes: Uint8Array): { name: string; complete: boolean } | undefined {
  try {
    const { name, complete } = decodePartialName(bytes);
    return { name, complete: complete && name.includes('.') };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Plain text is deprecated, and still what Windows and dhclient may send; a dot in it makes it full. */
function plainName(bytes: Uint8Array): { name: string; complete: boolean } {
  let text = '';
  for (const byte of bytes) if (byte !== 0) text += String.fromCharCode(byte);
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return { name, complete: text.includes('.') };
}
