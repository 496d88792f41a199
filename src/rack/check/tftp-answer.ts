import { DecodeError } from '../../errors/decode-error.ts';

/** What a TFTP server sends (RFC 1350, 5; RFC 2347). */
export type TftpAnswer =
  | { op: 'Data'; block: number; size: number }
  | { op: 'OptionAck'; options: ReadonlyMap<string, string> }
  | { op: 'Error'; code: number; message: string };

/** Throws DecodeError. */
export function decodeTftpAnswer(bytes: Uint8Array): TftpAnswer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = bytes.length < 2 ? undefined : view.getUint16(0);
  if (op === 3 && bytes.length >= 4) return { op: 'Data', block: view.getUint16(2), size: bytes.length - 4 };
  if (op === 5 && bytes.length >= 4) {
    return { op: 'Error', code: view.getUint16(2), message: strings(bytes.subarray(4))[0] ?? '' };
  }
  if (op !== 6) throw new DecodeError('no answer of a TFTP server');
  const words = strings(bytes.subarray(2));
  const options = new Map<string, string>();
  for (let index = 0; index + 1 < words.length; index += 2) {
    options.set((words[index] ?? '').toLowerCase(), words[index + 1] ?? '');
  }
  return { op: 'OptionAck', options };
}

/** A request for a whole file, as it is (RFC 2348, 2349). @param blockSize bytes of file in a packet */
export function encodeReadRequest(name: string, blockSize: number): Uint8Array {
  const words = [name, 'octet', 'blksize', String(blockSize), 'tsize', '0'];
  return Uint8Array.from([0, 1, ...new TextEncoder().encode(words.map((word) => `${word}\0`).join(''))]);
}

export function encodeAck(block: number): Uint8Array {
  return Uint8Array.of(0, 4, block >>> 8, block);
}

/** What comes after the last NUL is no string. */
function strings(bytes: Uint8Array): string[] {
  return Buffer.from(bytes).toString('latin1').split('\0').slice(0, -1);
}
