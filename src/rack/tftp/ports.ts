import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { SocketFactory } from '../net/sockets.ts';

/** What `createTftpServer` is made of. */
export interface TftpServerDeps {
  /** The virtual files: names are compared as they come, nothing is read from a disk. Undefined: error 1. */
  files(name: string, peer: { address: string }): Uint8Array | undefined;
  sockets: SocketFactory;
  clock: Clock;
  log: Logger;
  /** Told when a transfer ends. */
  finished?(transfer: { name: string; address: string; bytes: number; ok: boolean }): void;
  limits?: Partial<TftpLimits>;
}

/** Bounds on what a client may ask for. */
export interface TftpLimits {
  /** Largest blksize that is granted; some ROMs cannot reassemble IP fragments. Default 1468. */
  blockSize: number;
  /** Largest windowsize that is granted. Default 16. */
  windowSize: number;
  /** Transfers at once. Default 1000. */
  transfers: number;
  /** Transfers at once from one address. Default 4. */
  transfersPerSource: number;
  /** First wait for an ACK, in ms; it doubles. Default 1000. */
  timeoutMs: number;
  /** Resends before the first ACK: a spoofed request must not be worth much. Default 2. */
  resendsBeforeFirstAck: number;
  /** Resends of one window afterwards. Default 6. */
  resends: number;
}

/** A read-only TFTP server. */
export interface TftpServer {
  listen(where: { address?: string; port?: number; device?: string }): Promise<void>;
  close(): Promise<void>;
}
