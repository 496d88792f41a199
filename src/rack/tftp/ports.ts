import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { listInterfaces } from '../net/interfaces.ts';
import type { SocketFactory } from '../net/sockets.ts';

/** What `createTftpServer` is made of. */
export interface TftpServerDeps {
  /** The virtual files, by `virtualName`: nothing is read from a disk. Undefined: error 1. The bytes must not change. */
  files(name: string, peer: { address: string }): Uint8Array | undefined;
  sockets: SocketFactory;
  clock: Clock;
  log: Logger;
  /** Whether DHCP gave the address away lately: its requests are believed sooner. Default: nobody is known. */
  known?(address: string): boolean;
  /** Told when a transfer ends. */
  finished?(transfer: FinishedTransfer): void;
  /** Told of every request that got no transfer. */
  refused?(refusal: { address: string; reason: TftpRefusal }): void;
  limits?: Partial<TftpLimits>;
  /** The machine's interfaces and their MTUs; for tests. */
  interfaces?: typeof listInterfaces;
  mtu?(device: string): number | undefined;
}

/** How a transfer ended. */
export type TftpOutcome =
  | 'Done'
  /** The client wanted the options' answer only: it ended the transfer when it knew the file's size. */
  | 'Probe'
  /** The client sent an ERROR. */
  | 'Aborted'
  /** The client fell silent. */
  | 'TimedOut'
  /** It took longer than a transfer may. */
  | 'TooSlow'
  /** The client asked anew from the same port. */
  | 'Restarted'
  | 'SocketFailed'
  /** The server was closed. */
  | 'Closed';

/** A transfer that ended. */
export interface FinishedTransfer {
  name: string;
  address: string;
  /** Size of the file, as sent. */
  bytes: number;
  ok: boolean;
  outcome: TftpOutcome;
  durationMs: number;
}

/** Why a request got no transfer. `Busy` and `Unproven` are silent: firmware gives up at an ERROR, and asks again without one. */
export type TftpRefusal = 'NoSuchFile' | 'ReadOnly' | 'UnknownMode' | 'Busy' | 'Unproven' | 'NoSocket';

/** Bounds on what a client may ask for. */
export interface TftpLimits {
  /** Largest blksize that is granted, apart from the MTU: no packet is fragmented, some ROMs cannot reassemble. Default 65464. */
  blockSize: number;
  /** Largest windowsize that is granted. Default 16. */
  windowSize: number;
  /** Transfers at once. Unknown sources that have acknowledged nothing get half of them. Default 2048. */
  transfers: number;
  /** Transfers at once from one address when half of all are taken; before, there is no such limit. Default 8. */
  transfersPerSource: number;
  /** First wait for an ACK, in ms; it doubles. Default 1000. */
  timeoutMs: number;
  /** How long an unknown source's first ACK is waited for, in ms; nothing is sent again meanwhile. Default 5000. */
  unknownMs: number;
  /** Resends to a known source before its first ACK. Default 2. */
  resendsBeforeFirstAck: number;
  /** Resends of one window afterwards. Default 6. */
  resends: number;
  /** A transfer may last so long, in ms, and the time that its file takes at `slowest`. Default 120 s. */
  graceMs: number;
  /** Bytes a second. Default 8192. */
  slowest: number;
  /** How long a source is known after it acknowledged something, in ms. Default 10 minutes. */
  knownMs: number;
}

/** A read-only TFTP server. */
export interface TftpServer {
  /** Without an address: every IPv4 address of the device. Rejects with CodedError<NetErrorCode>. */
  listen(where: { address?: string; port?: number; device?: string }): Promise<void>;
  close(): Promise<void>;
}
