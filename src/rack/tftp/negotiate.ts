import type { TftpLimits } from './ports.ts';

/** How a transfer goes. */
export interface TransferTerms {
  /** Bytes of file in a full DATA packet. */
  blockSize: number;
  /** DATA packets before an ACK is waited for. */
  windowSize: number;
  timeoutMs: number;
  /** Whether the timeout doubles: not when the client set it. */
  backOff: boolean;
  /** What the OACK says; undefined: no OACK, the first DATA answers the request. */
  accepted: ReadonlyMap<string, string> | undefined;
}

/** Used when the caller sets nothing. See `TftpLimits`. */
export const defaultLimits: TftpLimits = {
  blockSize: 65464,
  windowSize: 16,
  transfers: 2048,
  transfersPerSource: 8,
  timeoutMs: 1000,
  unknownMs: 5000,
  resendsBeforeFirstAck: 2,
  resends: 6,
  graceMs: 120_000,
  slowest: 8192,
  knownMs: 10 * 60_000,
};

const longestTimeoutSeconds = 30;

/**
 * RFC 2347: what cannot be granted, or is not understood, is left out of the answer; nothing is refused for it.
 * @param largest bytes of file that a packet to this client can carry in one piece
 */
export function negotiate(
  options: ReadonlyMap<string, string>,
  mode: 'octet' | 'netascii',
  size: number,
  limits: Pick<TftpLimits, 'blockSize' | 'windowSize' | 'timeoutMs'>,
  largest: number,
): TransferTerms {
  const accepted = new Map<string, string>();
  const terms = { blockSize: 512, windowSize: 1, timeoutMs: limits.timeoutMs, backOff: true };
  // RFC 2348: 8 to 65464. The server may answer with less.
  const blockSize = integer(options.get('blksize'), 8, 65464);
  if (blockSize !== undefined) {
    terms.blockSize = Math.max(8, Math.min(blockSize, limits.blockSize, largest));
    accepted.set('blksize', String(terms.blockSize));
  }
  // RFC 2349: seconds, the client's value or nothing.
  const timeout = integer(options.get('timeout'), 1, longestTimeoutSeconds);
  if (timeout !== undefined) {
    terms.timeoutMs = timeout * 1000;
    terms.backOff = false;
    accepted.set('timeout', String(timeout));
  }
  // RFC 2349: the client sends 0 and is told the size, in the bytes that it will get.
  if (options.has('tsize')) accepted.set('tsize', String(size));
  // RFC 7440: in octet mode; the server may answer with less.
  const windowSize = mode === 'octet' ? integer(options.get('windowsize'), 1, 65535) : undefined;
  if (windowSize !== undefined) {
    terms.windowSize = Math.min(windowSize, limits.windowSize);
    accepted.set('windowsize', String(terms.windowSize));
  }
  return { ...terms, accepted: accepted.size > 0 ? accepted : undefined };
}

function integer(text: string | undefined, minimum: number, maximum: number): number | undefined {
  if (text === undefined || !/^[0-9]{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : undefined;
}
