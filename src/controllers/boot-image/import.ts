import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ImageArtifact, ImportedArtifact } from '../../api/boot-image/schema.ts';
import { notARawDisk } from '../../domain/boot/disk-beginning.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { importError, isImportError } from './errors.ts';
import { openFileSource, type Source } from './file-source.ts';
import { nameOfUrl, openHttpSource } from './http-source.ts';

export interface ImportDeps {
  /** Resolved directories that files may come from. */
  imageDirectories: readonly string[];
  /** An HTTP source that brings nothing for so long is given up. */
  stallMs: number;
  /** Told of the bytes read so far; the total is in bytes, when the source says it. */
  progress(bytes: number, totalBytes: number | undefined): void;
}

/** What went through on the way. */
interface Measured {
  digest: string;
  sizeBytes: number;
  rawSizeBytes: number;
}

/**
 * Reads an artifact once, from its source to its end: its digest, its size and, for a disk, the size it unpacks to.
 *
 * @throws CodedError<ImportErrorCode>, and the signal's reason
 */
export async function importArtifact(
  artifact: ImageArtifact,
  deps: ImportDeps,
  signal: AbortSignal,
): Promise<ImportedArtifact> {
  const { file, http } = artifact.source;
  const name = file?.path ?? nameOfUrl(http?.url ?? '');
  const source =
    file === undefined
      ? await openHttpSource(http?.url ?? '', deps.stallMs, signal)
      : await openFileSource(file.path, deps.imageDirectories);
  const { digest, sizeBytes, rawSizeBytes } = await measure(artifact, name, source, deps, signal);
  if (artifact.digest !== undefined && artifact.digest !== digest) {
    throw importError('DigestMismatch', `expected ${artifact.digest}, seen ${digest}`);
  }
  return { role: artifact.role, digest, sizeBytes, ...(artifact.role === 'Disk' ? { rawSizeBytes } : {}) };
}

async function measure(
  { role, format }: ImageArtifact,
  name: string,
  { stream, totalBytes }: Source,
  deps: ImportDeps,
  signal: AbortSignal,
): Promise<Measured> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let rawSizeBytes = 0;
  const meter = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      deps.progress(sizeBytes, totalBytes);
      yield chunk;
    }
  };
  let beginning = Buffer.alloc(0);
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (beginning.length < 8) beginning = Buffer.concat([beginning, chunk.subarray(0, 8)]);
      rawSizeBytes += chunk.length;
      done();
    },
  });
  const unpack = unpackerOf(format);
  try {
    if (unpack === undefined) await pipeline(stream, meter, sink, { signal });
    else await pipeline(stream, meter, unpack, sink, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isImportError(error)) throw error;
    throw importError(
      isUnpackingError(error) ? 'ImageCorrupt' : 'SourceFailed',
      `${name}: ${messageOf(error)}`,
      error,
    );
  }
  if (totalBytes !== undefined && sizeBytes !== totalBytes)
    throw importError('SourceFailed', `${name}: ${sizeBytes} of ${totalBytes} bytes came`);
  if (rawSizeBytes === 0) throw importError('ImageCorrupt', `${name} is empty`);
  // Node may stop at the end of a frame (nodejs/node#64741), and so may the agent: not to be found out on somebody's disk.
  if (unpack !== undefined && unpack.bytesWritten !== sizeBytes) {
    const seen = `${name} has ${sizeBytes - unpack.bytesWritten} bytes behind its first ${format} frame`;
    throw importError('ImageCorrupt', `${seen}, as pzstd makes them: pack it as one frame`);
  }
  const mistaken = role === 'Disk' ? notARawDisk(beginning) : undefined;
  if (mistaken !== undefined) throw importError('ImageCorrupt', `${name} is ${mistaken}`);
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes, rawSizeBytes };
}

function unpackerOf(format: ImageArtifact['format']) {
  switch (format) {
    case 'RawZstd':
      return createZstdDecompress();
    case 'RawGzip':
      return createGunzip();
    case 'Raw':
      return undefined;
  }
}

/** Codes of zlib and zstd: `Z_DATA_ERROR`, `ZSTD_error_prefix_unknown`. */
function isUnpackingError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code));
}
