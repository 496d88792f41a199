import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { ImageArtifact, ImportedArtifact } from '../../api/boot-image/schema.ts';
import { isInside } from '../../domain/boot/file-source.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';

/** Why an artifact cannot be imported; the reason of the image's condition. */
export const importErrors = {
  SourceNotFound: 'the source has no such file: check the URL or path',
  SourceNotAllowed: 'files are taken from the image directories alone: move it there, or serve it over HTTP',
  SourceFailed: 'the source broke off or refused: it is tried again',
  DigestMismatch: 'the artifact is not what spec.artifacts[].digest says: correct one of them',
  ImageCorrupt: 'the artifact cannot be unpacked: check its format',
} as const;
export type ImportErrorCode = keyof typeof importErrors;

function importError(code: ImportErrorCode, seen: string, retryable = false): CodedError<ImportErrorCode> {
  return new CodedError(code, `${seen}: ${importErrors[code]}`, { retryable });
}

export interface ImportDeps {
  /** Resolved directories that files may come from. */
  imageDirectories: readonly string[];
  /** Told of the bytes read so far; the total is in bytes, when the source says it. */
  progress(bytes: number, totalBytes: number | undefined): void;
}

/**
 * Reads an artifact once, from its source to its end: its digest, its size and, for a disk, the size it unpacks to.
 *
 * @throws CodedError<ImportErrorCode>
 */
export async function importArtifact(
  artifact: ImageArtifact,
  deps: ImportDeps,
  signal: AbortSignal,
): Promise<ImportedArtifact> {
  const { stream, totalBytes } = await openSource(artifact, deps, signal);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let rawSizeBytes = 0;
  const meter = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      deps.progress(sizeBytes, totalBytes);
      yield chunk;
    }
  };
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      rawSizeBytes += chunk.length;
      done();
    },
  });
  const unpack =
    artifact.format === 'RawZstd'
      ? createZstdDecompress()
      : artifact.format === 'RawGzip'
        ? createGunzip()
        : undefined;
  try {
    if (unpack === undefined) await pipeline(stream, meter, sink, { signal });
    else await pipeline(stream, meter, unpack, sink, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const corrupt = error instanceof Error && 'code' in error && String(error.code).startsWith('Z');
    throw importError(corrupt ? 'ImageCorrupt' : 'SourceFailed', messageOf(error), !corrupt);
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (artifact.digest !== undefined && artifact.digest !== digest) {
    throw importError('DigestMismatch', `expected ${artifact.digest}, seen ${digest}`);
  }
  return { role: artifact.role, digest, sizeBytes, ...(artifact.role === 'Disk' ? { rawSizeBytes } : {}) };
}

async function openSource(
  artifact: ImageArtifact,
  deps: ImportDeps,
  signal: AbortSignal,
): Promise<{ stream: Readable; totalBytes: number | undefined }> {
  const { file, http } = artifact.source;
  if (file !== undefined) return openFile(file.path, deps.imageDirectories);
  const url = http?.url ?? '';
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw importError('SourceFailed', `${url}: ${messageOf(error)}`, true);
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    const code = response.status === 404 || response.status === 410 ? 'SourceNotFound' : 'SourceFailed';
    throw importError(code, `${url}: HTTP ${response.status}`, true);
  }
  const length = response.headers.get('content-length');
  return {
    stream: Readable.fromWeb(response.body),
    totalBytes: length === null ? undefined : Number(length),
  };
}

/** Regular files of the image directories: a device or pipe would never end, another file is none of our business. */
async function openFile(
  path: string,
  directories: readonly string[],
): Promise<{ stream: Readable; totalBytes: number }> {
  let resolved: string;
  try {
    resolved = await realpath(path);
  } catch (error) {
    throw importError('SourceNotFound', `${path}: ${messageOf(error)}`, true);
  }
  if (!isInside(directories, resolved)) throw importError('SourceNotAllowed', path);
  const info = await stat(resolved);
  if (!info.isFile()) throw importError('SourceNotAllowed', `${path} is no regular file`);
  return { stream: createReadStream(resolved, { highWaterMark: 1024 * 1024 }), totalBytes: info.size };
}
