import { DecodeError } from '../../../errors/decode-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { byteAt, concat } from './bytes.ts';
import { completionError } from './faults.ts';
import {
  bmcAddress,
  consoleAddress,
  decodeLanResponse,
  encodeLanRequest,
  type IpmiRequest,
  type IpmiResponse,
  netFn,
} from './lan-message.ts';

/** A controller behind another one. `channel`: 4 bits, of the one before; `address`: its slave address on that IPMB. */
export interface BridgeHop {
  channel: number;
  address: number;
}

const sendMessage = 0x34;
/** In front of the channel number: the bridge keeps who asked, and hands the answer on (table 22-9, Track Request). */
const track = 0x40;

/** Whom an answer over a bridge is addressed to: the console, or still the BMC, which asked in its name. */
export const bridgedTo: readonly number[] = [consoleAddress, bmcAddress];

/** Completion codes of Send Message (table 22-9): what became of the message on the bus. */
const busFaults: Readonly<Record<number, [PowerErrorCode, string, boolean]>> = {
  128: ['BmcBusy', 'invalid session handle', true],
  129: ['BmcBusy', 'lost arbitration', true],
  130: ['BmcBusy', 'bus error', true],
  131: ['BmcSystemNotFound', 'nobody has this address', false],
  211: ['BmcSystemNotFound', 'destination unavailable', false],
};

/**
 * A request for the controller at the end of `path` as one for the BMC: a Send Message (IPMI 2.0, section 22.7) for each
 * hop, the first one outermost. Every message in it has the sequence number of the whole.
 */
export function bridgedRequest(
  request: IpmiRequest,
  path: readonly BridgeHop[],
  sequence: number,
): IpmiRequest {
  return path.reduceRight<IpmiRequest>((inner, { channel, address }, hop) => {
    // The first bridge is told that the console asks, the next ones that a controller does: so does ipmitool.
    const from = hop === 0 ? consoleAddress : bmcAddress;
    const message = encodeLanRequest(inner, sequence, address, from);
    return {
      netFn: netFn.app,
      command: sendMessage,
      data: concat([track | (channel & 0x0f)], message),
    };
  }, request);
}

/** A request that came in a Send Message, for BMC simulators. @returns undefined for any other request. @throws DecodeError */
export function bridgedMessage({ netFn: fn, command, data }: IpmiRequest) {
  if (fn !== netFn.app || command !== sendMessage) return undefined;
  const channel = byteAt(data, 0, 'Send Message') & 0x0f;
  return { channel, address: byteAt(data, 1, 'Send Message'), message: data.subarray(1) };
}

/**
 * What a response means for the one who sent through `hops` bridges. Some bridges acknowledge a Send Message at once and
 * send the answer by itself later; others put the answer into theirs.
 *
 * @returns undefined for what only acknowledges
 * @throws CodedError<PowerErrorCode> when a bridge could not hand the message on; DecodeError for an answer in an answer
 *   that is none
 */
export function bridgedResponse(
  response: IpmiResponse,
  what: string,
  hops: number,
): IpmiResponse | undefined {
  if (response.netFn !== netFn.app || response.command !== sendMessage) return response;
  const { completionCode, data, sequence } = response;
  if (completionCode !== 0) {
    const fault = busFaults[completionCode];
    if (fault === undefined) throw completionError(completionCode, `${what}, Send Message`);
    const [code, meaning, retryable] = fault;
    const seen = `${what}, Send Message: ${meaning} (completion code 0x${completionCode.toString(16)})`;
    throw powerError(code, seen, { retryable });
  }
  if (data.length === 0) return undefined;
  if (hops === 0) throw new DecodeError('Send Message: more answers in one another than bridges');
  const inner = decodeLanResponse(data, bridgedTo);
  if (inner.sequence !== sequence) throw new DecodeError('Send Message: the answer to another request');
  return bridgedResponse(inner, what, hops - 1);
}
