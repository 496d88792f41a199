import type { FileHandle } from 'node:fs/promises';
import type { ImageSource } from '../../api/boot-image/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { ImageErrorCode } from './errors.ts';
import type { Neighbours } from './neighbours.ts';

/** What the BootImages say of an artifact. */
export interface KnownArtifact {
  source: ImageSource;
  sizeBytes: number;
  /** It is never evicted. */
  pinned?: boolean;
  /** Whoever reads it checks its digest: the agent does, firmware does not. Default: nobody does. */
  checkedByReader?: boolean;
}

/** What is read of a file: a `FileHandle`, or what looks like one. */
export interface ImageFile {
  readonly fd: number;
  /** Reads at most `length` bytes at `position` into `buffer` from `offset` on; none: the end, or it broke off. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

/** A file open for reading. Whoever opened it closes it; it stays readable when it is evicted meanwhile. */
export interface OpenImage<File extends ImageFile = ImageFile> {
  file: File;
  /** Of the whole, in bytes. */
  sizeBytes: number;
  /** When the rack got it, in milliseconds since the epoch. */
  modifiedAt?: number | undefined;
  /** Of a file that is still being fetched. Absent: all of it is there, and its digest was right. */
  growth?: FileGrowth;
}

/** How much of a file under way may be read. Its last bytes become readable only when the digest of the whole was right. */
export interface FileGrowth {
  /**
   * Resolves when there is a byte to read at `position`, with how many bytes there are from the beginning of the file; with
   * what is not beyond `position` when the transfer has failed.
   */
  beyond(position: number): number | Promise<number>;
}

/** A transfer under way, in bytes. */
export interface FetchProgress {
  bytes: number;
  totalBytes: number;
}

/**
 * For whom a file is fetched. `Demand`: a machine waits, what is not pinned makes room. `Prefetch`: a machine may want it
 * later, only what no BootImage names makes room.
 */
export type FetchPurpose = 'Demand' | 'Prefetch';

/** What the cache cannot do at present, for the rack's status. */
export interface ImageFault {
  code: ImageErrorCode;
  message: string;
}

/** Figures for metrics. */
export interface ImageCacheStats {
  heldBytes: number;
  heldFiles: number;
  maxBytes: number;
  transfers: number;
}

/** A cache of files named by their SHA-256. Digests are 64 lower-case hex digits. */
export interface ImageCache {
  /**
   * Resolves when the file is held. Calls for one digest share one transfer. Rejects with a `CodedError` of the images'
   * table.
   */
  ensure(digest: string, purpose?: FetchPurpose): Promise<void>;
  /** The file, its digest checked once in the life of the process. Undefined when it is not held or was found damaged. */
  open(digest: string): Promise<OpenImage<FileHandle> | undefined>;
  /**
   * The file at once, for a reader that checks the digest itself: held but not checked yet, or still being fetched, in which
   * case it ends early when the transfer fails. A file that others boot without a check comes as by `ensure` and `open`. Rejects
   * as `ensure` does.
   */
  openUnchecked(digest: string): Promise<OpenImage<FileHandle> | undefined>;
  has(digest: string): boolean;
  held(): string[];
  /** Bytes of all files that are held. */
  heldBytes(): number;
  progress(digest: string): FetchProgress | undefined;
  /** Whether a disk or a limit is in the way of an image; gone when it came after all. */
  fault(): ImageFault | undefined;
  stats(): ImageCacheStats;
  /** Calls `listener` after every digest that came or went. Returns what ends that. */
  onChange(listener: () => void): () => void;
  /** Breaks off the transfers under way. */
  close(): Promise<void>;
}

/** Who counts what the cache does. */
export interface ImageObserver {
  /** A machine asked for an image. */
  lookedUp?(held: boolean): void;
  /** A file came: `bytes` of it from a neighbour or from the origin. */
  fetched?(fetched: { from: 'Neighbour' | 'Origin'; bytes: number }): void;
  /** A transfer ended without the file. */
  failed?(code: string): void;
  evicted?(bytes: number): void;
}

/** What `createImageCache` is made of. */
export interface ImageCacheDeps {
  /** Files are kept at `<directory>/sha256/<digest>`. */
  directory: string;
  maxBytes: number;
  /** So much of the disk is left to others, leases above all. Default 256 MiB. */
  reserveBytes?: number;
  /** What the BootImages say. Undefined for a digest that none of them names. */
  sources(digest: string): KnownArtifact | undefined;
  /** Other racks, asked before the origin. Default: none. */
  neighbours?: Neighbours;
  observer?: ImageObserver;
  log: Logger;
  clock: Clock;
  /** A source that brings no byte for so long is given up. Default 30 s. */
  stallMs?: number;
  /** Waits before each further attempt, in ms. Default 1 s and 5 s: three attempts in all. */
  retryAfterMs?: readonly number[];
}
