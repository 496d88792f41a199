import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** What may be kept. */
export interface UploadLimits {
  /** Of one file. */
  fileBytes: number;
  /** Of all files, and of those under way as large as they will be. */
  totalBytes: number;
  /** How long bytes are kept that nothing came after, or that no BootImage names, in milliseconds. */
  keepMs: number;
}

/** A file on its way here. */
export interface Upload {
  id: string;
  /** The user who sends it: nobody else sees it. */
  owner: string;
  fileName: string | undefined;
  sizeBytes: number;
  /** All before this are stored; the next ones begin here. */
  receivedBytes: number;
  /** ISO 8601. */
  createdAt: string;
  /** SHA-256 as lower-case hex: all of it is stored under that name. */
  digest: string | undefined;
}

/** A file that is stored, open for reading. Whoever opened it closes it. */
export interface StoredFile {
  file: FileHandle;
  sizeBytes: number;
}

/** What is kept on the disk of the server. Errors are of the server's table. */
export interface UploadStore {
  limits: UploadLimits;
  usedBytes(): number;
  /** Errors: BodyTooLarge, UploadsFull. */
  begin(what: { owner: string; sizeBytes: number; fileName: string | undefined }): Promise<Upload>;
  list(owner: string): Upload[];
  find(id: string, owner: string): Upload | undefined;
  /**
   * Stores what comes, from `offset` on. What came before a failure stays. Whoever sends to the same upload later wins: the earlier
   * one, of a connection that broke perhaps, is ended. Errors: UploadConflict, BodyTooLarge, UploadsFull, RequestTimeout.
   */
  receive(id: string, offset: number, bytes: Readable): Promise<Upload>;
  /** The first bytes of what has come. */
  beginning(id: string): Promise<Uint8Array>;
  /**
   * Gives the file the name of its digest; again, it says that digest again. A file that is not what was expected is thrown away.
   * Errors: UploadConflict, UploadMismatch, UploadsFull.
   *
   * @param expected SHA-256 as lower-case hex
   */
  seal(id: string, expected?: string): Promise<{ digest: string; sizeBytes: number }>;
  /** Forgets the upload. Bytes that have their name already stay until the next sweep. */
  forget(id: string): Promise<void>;
  /** Undefined: there is none. @param digest SHA-256 as lower-case hex */
  open(digest: string): Promise<StoredFile | undefined>;
  /** Removes what nobody goes on with, and what is in no BootImage any more. @param named digests that BootImages name */
  sweep(named: ReadonlySet<string>): Promise<void>;
  /** Ends what is being received. */
  close(): Promise<void>;
}
