import { DecodeError } from '../../../errors/decode-error.ts';
import { byteAt, concat, requireLength } from './bytes.ts';

const rmcpVersion = 0x06;
const noAcknowledge = 0xff;
const classIpmi = 0x07;

/** Puts the RMCP header of an IPMI message before `message` (IPMI 2.0, table 13-6). */
export function encodeRmcp(message: Uint8Array): Uint8Array {
  return concat([rmcpVersion, 0, noAcknowledge, classIpmi], message);
}

/** The IPMI message behind an RMCP header. @throws DecodeError when it is another class, an acknowledge, or short. */
export function decodeRmcp(packet: Uint8Array): Uint8Array {
  requireLength(packet, 5, 'RMCP');
  const version = byteAt(packet, 0, 'RMCP');
  if (version !== rmcpVersion) throw new DecodeError(`RMCP: version ${version}`);
  const messageClass = byteAt(packet, 3, 'RMCP');
  if (messageClass !== classIpmi) throw new DecodeError(`RMCP: message class ${messageClass} is not IPMI`);
  return packet.subarray(4);
}
