import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { DecodeError } from '../../errors/decode-error.ts';
import type { Logger } from '../../log/logger.ts';
import { storeError } from '../errors.ts';
import { encodeFrame } from './frame.ts';
import {
  listSegments,
  mendSegment,
  type Place,
  putAside,
  readFrame,
  readPlace,
  removeSegment,
  segmentPath,
  syncDirectory,
  writePlace,
} from './segment.ts';

export type { Place } from './segment.ts';

/** What waits for the database, on disk, in the order in which it came. One process has it open. */
export interface Spool {
  /** Resolves when it is on disk. Errors: SpoolFull, SpoolFailed; nothing of it is there then. */
  append(payload: Uint8Array): Promise<void>;
  /** What follows the last acknowledged, up to about `bytes` but at least one; undefined when nothing waits. */
  read(bytes: number): Promise<{ payloads: Buffer[]; end: Place } | undefined>;
  /** All up to there is in the database, and needs no place any more. */
  acknowledge(end: Place): Promise<void>;
  /** Bytes that wait. */
  waiting(): number;
  close(): Promise<void>;
}

export interface SpoolOptions {
  directory: string;
  /** All segments together. */
  maxBytes: number;
  /** After which another segment is begun. Default: 16 MiB; a quarter of `maxBytes` at most, since a whole segment is freed at once. */
  segmentBytes?: number | undefined;
  log: Logger;
}

/** Opens the spool of an earlier process, or a new one. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { directory, maxBytes, log } = options;
  const segmentBytes = Math.min(options.segmentBytes ?? 16 * 1024 * 1024, maxBytes / 4);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const sizes = new Map((await listSegments(directory)).map(({ segment, bytes }) => [segment, bytes]));
  let active = Math.max(0, ...sizes.keys());
  if (active > 0) {
    const { bytes, cut } = await mendSegment(directory, active);
    sizes.set(active, bytes);
    if (cut > 0) log.warn({ directory, bytes: cut }, 'the end of the spool was cut off by a crash');
  }
  const known = await readPlace(directory);
  const oldest = Math.min(...sizes.keys());
  let place: Place =
    known !== undefined && (sizes.get(known.segment) ?? -1) >= known.offset
      ? known
      : { segment: sizes.size === 0 ? 1 : oldest, offset: 0 };
  // A place of files that are gone must not be taken for one in files that are yet to come.
  if (place !== known) await writePlace(directory, place);
  for (const segment of [...sizes.keys()].filter((number) => number < place.segment)) {
    await removeSegment(directory, segment);
    sizes.delete(segment);
  }
  let writing: FileHandle | undefined;
  let reading: { segment: number; file: FileHandle } | undefined;

  async function begin(segment: number): Promise<void> {
    await writing?.close();
    writing = undefined;
    writing = await open(segmentPath(directory, segment), 'a', 0o600);
    active = segment;
    sizes.set(segment, sizes.get(segment) ?? 0);
    await syncDirectory(directory);
  }

  /** Appends and reads are each one at a time, and acknowledgements are with the reads. */
  let appending: Promise<unknown> = Promise.resolve();
  let following: Promise<unknown> = Promise.resolve();
  function inTurn<R>(turn: Promise<unknown>, work: () => Promise<R>): Promise<R> {
    return turn.then(work, work);
  }

  const total = (): number => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);

  async function append(payload: Uint8Array): Promise<void> {
    const frame = encodeFrame(payload);
    if (total() + frame.length > maxBytes) throw storeError('SpoolFull', `${maxBytes} bytes`);
    try {
      const size = sizes.get(active) ?? 0;
      if (active === 0) await begin(place.segment);
      else if (size >= segmentBytes) await begin(active + 1);
      else if (writing === undefined) await begin(active);
      // A failure has left something behind that could not be cut off.
      if ((await writing?.stat())?.size !== sizes.get(active)) await begin(active + 1);
      const file = writing;
      if (file === undefined) throw new Error('there is no segment');
      await writeWhole(file, frame, sizes.get(active) ?? 0);
      sizes.set(active, (sizes.get(active) ?? 0) + frame.length);
    } catch (error) {
      // The next one goes to a file whose end is certain.
      await writing?.close().catch(() => undefined);
      writing = undefined;
      throw storeError('SpoolFailed', directory, { cause: error });
    }
  }

  async function fileOf(segment: number): Promise<FileHandle> {
    if (reading?.segment === segment) return reading.file;
    await reading?.file.close();
    reading = undefined;
    const file = await open(segmentPath(directory, segment), 'r');
    reading = { segment, file };
    return file;
  }

  async function stopReading(): Promise<void> {
    await reading?.file.close();
    reading = undefined;
  }

  /** The segment after this one; undefined when it is the last. */
  const after = (segment: number): number | undefined =>
    [...sizes.keys()].filter((number) => number > segment).sort((a, b) => a - b)[0];

  /** The frame at a place, or what is wrong with it; undefined at the end of its segment. */
  async function frameAt(at: Place): Promise<{ payload: Buffer; end: number } | DecodeError | undefined> {
    const size = sizes.get(at.segment) ?? 0;
    if (size === 0) return undefined;
    try {
      return await readFrame(await fileOf(at.segment), at.offset, size);
    } catch (error) {
      if (error instanceof DecodeError) return error;
      throw storeError('SpoolFailed', directory, { cause: error });
    }
  }

  async function read(bytes: number): Promise<{ payloads: Buffer[]; end: Place } | undefined> {
    const payloads: Buffer[] = [];
    let at = place;
    let taken = 0;
    while (taken < bytes) {
      const frame = await frameAt(at);
      if (frame instanceof DecodeError) {
        // What stands before the damage first.
        if (payloads.length > 0) break;
        await leaveDamaged(at, frame);
        at = place;
      } else if (frame !== undefined) {
        payloads.push(frame.payload);
        taken += frame.end - at.offset;
        at = { segment: at.segment, offset: frame.end };
      } else {
        const next = after(at.segment);
        if (next === undefined) break;
        at = { segment: next, offset: 0 };
      }
    }
    return payloads.length === 0 ? undefined : { payloads, end: at };
  }

  async function leaveDamaged(at: Place, error: DecodeError): Promise<void> {
    await stopReading();
    // Nobody writes to it any more.
    appending = inTurn(appending, async () => {
      if (at.segment === active) await begin(active + 1);
    });
    await appending;
    const path = await putAside(directory, at.segment);
    sizes.delete(at.segment);
    place = { segment: after(at.segment) ?? active, offset: 0 };
    log.error({ path, offset: at.offset, err: error }, 'a part of the spool is damaged and was put aside');
  }

  async function acknowledge(end: Place): Promise<void> {
    place = end;
    try {
      await writePlace(directory, end);
      for (const segment of [...sizes.keys()].filter((number) => number < end.segment)) {
        if (reading?.segment === segment) await stopReading();
        await removeSegment(directory, segment);
        sizes.delete(segment);
      }
    } catch (error) {
      throw storeError('SpoolFailed', directory, { cause: error });
    }
  }

  return {
    append(payload) {
      const done = inTurn(appending, () => append(payload));
      appending = done.catch(() => undefined);
      return done;
    },
    read(bytes) {
      const done = inTurn(following, () => read(bytes));
      following = done.catch(() => undefined);
      return done;
    },
    acknowledge(end) {
      const done = inTurn(following, () => acknowledge(end));
      following = done.catch(() => undefined);
      return done;
    },
    waiting: () => total() - (sizes.has(place.segment) ? place.offset : 0),
    async close() {
      await Promise.allSettled([appending, following]);
      await writing?.close();
      await stopReading();
    },
  };
}

/** All of it and synchronised, or nothing of it. */
async function writeWhole(file: FileHandle, bytes: Buffer, size: number): Promise<void> {
  try {
    let done = 0;
    while (done < bytes.length) done += (await file.write(bytes, done)).bytesWritten;
    await file.datasync();
  } catch (error) {
    await file.truncate(size).catch(() => undefined);
    throw error;
  }
}
