import {
  type FileHandle,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { DecodeError } from '../../errors/decode-error.ts';
import { decodeFrame, headerBytes, maxPayloadBytes } from './frame.ts';

/** A place in the spool: the number of a segment, and an offset in it. */
export interface Place {
  segment: number;
  offset: number;
}

/** The files of a spool: `00000001.spool` and those after it, and what says how far the database is. */
export function segmentPath(directory: string, segment: number): string {
  return join(directory, `${String(segment).padStart(8, '0')}.spool`);
}

/** The segments that are there with their sizes, oldest first. */
export async function listSegments(directory: string): Promise<{ segment: number; bytes: number }[]> {
  const numbers = (await readdir(directory)).flatMap((name) => /^(\d{8})\.spool$/.exec(name)?.[1] ?? []);
  return Promise.all(
    numbers
      .map(Number)
      .sort((a, b) => a - b)
      .map(async (segment) => ({ segment, bytes: (await stat(segmentPath(directory, segment))).size })),
  );
}

/** Cuts off what a crash left of a frame at the end of a segment. Answers the size that it has now, and how much went. */
export async function mendSegment(
  directory: string,
  segment: number,
): Promise<{ bytes: number; cut: number }> {
  const path = segmentPath(directory, segment);
  const bytes = await readFile(path);
  let end = 0;
  try {
    for (let frame = decodeFrame(bytes, 0); frame !== undefined; frame = decodeFrame(bytes, end))
      end = frame.end;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    await truncate(path, end);
  }
  return { bytes: end, cut: bytes.length - end };
}

/** One frame of a segment that has `size` bytes; undefined at its end. Throws DecodeError. */
export async function readFrame(
  file: FileHandle,
  offset: number,
  size: number,
): Promise<{ payload: Buffer; end: number } | undefined> {
  if (offset >= size) return undefined;
  const header = Buffer.alloc(Math.min(headerBytes, size - offset));
  await readFully(file, header, offset);
  const length = header.length === headerBytes ? header.readUInt32BE(0) : 0;
  const rest = Buffer.alloc(Math.max(0, Math.min(length, maxPayloadBytes, size - offset - headerBytes)));
  await readFully(file, rest, offset + headerBytes);
  const frame = decodeFrame(Buffer.concat([header, rest]), 0);
  return frame && { payload: frame.payload, end: offset + frame.end };
}

async function readFully(file: FileHandle, into: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) throw new DecodeError('a segment is shorter than it was');
    done += bytesRead;
  }
}

const placeFile = 'acknowledged';

/** How far the database is; undefined where nobody knows: then all is sent again. */
export async function readPlace(directory: string): Promise<Place | undefined> {
  const text = await readFile(join(directory, placeFile), 'utf8').catch(() => '');
  const [, segment, offset] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
  return segment === undefined || offset === undefined
    ? undefined
    : { segment: Number(segment), offset: Number(offset) };
}

/** Not synchronised with the disk: what is sent again after a crash changes nothing. */
export async function writePlace(directory: string, { segment, offset }: Place): Promise<void> {
  const path = join(directory, placeFile);
  await writeFile(`${path}.new`, `${segment} ${offset}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function removeSegment(directory: string, segment: number): Promise<void> {
  await rm(segmentPath(directory, segment), { force: true });
}

/** Puts a segment that cannot be read to its end aside, for a person to look at. */
export async function putAside(directory: string, segment: number): Promise<string> {
  const path = segmentPath(directory, segment);
  await rename(path, `${path}.damaged`);
  return `${path}.damaged`;
}

/** Makes names that came or went survive a crash. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
