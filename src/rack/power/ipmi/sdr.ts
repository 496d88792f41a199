import type { BridgeHop } from './bridge.ts';
import { byteAt, concat, requireLength } from './bytes.ts';
import type { Send } from './connection.ts';
import { type IpmiRequest, netFn } from './lan-message.ts';

/** Where a repository says that another controller is, and what it calls it. */
export interface ControllerRecord extends BridgeHop {
  name: string;
}

const locatorType = 0x12;
/** A message on an IPMB has 32 bytes altogether. */
const pieceLength = 16;
const lastRecord = 0xffff;
const mostRecords = 1_000;

const reserveRequest: IpmiRequest = { netFn: netFn.storage, command: 0x22, data: Uint8Array.of() };

/** Get SDR (IPMI 2.0, table 33-8). */
function getRequest(reservation: Uint8Array, record: number, offset: number, length: number): IpmiRequest {
  const data = concat(reservation, [record & 0xff, record >> 8, offset, length]);
  return { netFn: netFn.storage, command: 0x23, data };
}

/**
 * The controllers that a controller's sensor data repository locates.
 * @throws CodedError<PowerErrorCode>; DecodeError
 */
export async function readControllers(send: Send): Promise<ControllerRecord[]> {
  const reservation = (await send(reserveRequest, 'Reserve SDR Repository')).subarray(0, 2);
  const found: ControllerRecord[] = [];
  let record = 0;
  for (let nth = 0; record !== lastRecord && nth < mostRecords; nth++) {
    const header = await send(getRequest(reservation, record, 0, 5), 'Get SDR');
    requireLength(header, 7, 'Get SDR');
    const next = byteAt(header, 0, 'Get SDR') | (byteAt(header, 1, 'Get SDR') << 8);
    if (byteAt(header, 5, 'Get SDR') === locatorType) {
      const body: Uint8Array[] = [];
      for (let done = 0, length = byteAt(header, 6, 'Get SDR'); done < length; done += pieceLength) {
        const piece = getRequest(reservation, record, 5 + done, Math.min(pieceLength, length - done));
        body.push((await send(piece, 'Get SDR')).subarray(2));
      }
      found.push(decodeLocator(concat(...body)));
    }
    if (next === record) break;
    record = next;
  }
  return found;
}

/** The body of a Management Controller Device Locator (table 43-8), behind its header. @throws DecodeError */
export function decodeLocator(body: Uint8Array): ControllerRecord {
  const what = 'controller locator';
  const length = byteAt(body, 10, what) & 0x1f;
  return {
    address: byteAt(body, 0, what) & 0xfe,
    channel: byteAt(body, 1, what) & 0x0f,
    name: Buffer.from(body.subarray(11, 11 + length))
      .toString('latin1')
      .replaceAll(/[^\x20-\x7e]/g, '')
      .trim(),
  };
}
