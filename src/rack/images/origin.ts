import { open } from 'node:fs/promises';
import type { ImageSource } from '../../api/boot-image/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { imageError, isImageError } from './errors.ts';
import { nameOf, readHttpSource, type SeenFile } from './http-source.ts';

const chunkBytes = 256 * 1024;

/** How long an origin may be silent, and how large its file is. */
export interface OriginOptions {
  sizeBytes: number;
  stallMs: number;
}

/**
 * The bytes of the source that a BootImage names, from `offset` on.
 *
 * @throws ImageSourceUnreachable, ImageSourceRefused, ImageTruncated, ImageDigestMismatch
 */
export async function* readOrigin(
  source: ImageSource,
  { sizeBytes, stallMs }: OriginOptions,
  offset: number,
  seen: SeenFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const name = source.http === undefined ? (source.file?.path ?? 'the source') : nameOf(source.http.url);
  try {
    if (source.file !== undefined) yield* readFileSource(source.file.path, offset, signal);
    else if (source.http !== undefined) {
      const { url } = source.http;
      const options = { url, sizeBytes, headersMs: stallMs, stallMs, mostRedirects: 5 };
      yield* readHttpSource(options, offset, seen, signal);
    } else throw imageError('ImageSourceRefused', 'the source names neither a file nor a URL');
  } catch (error) {
    signal.throwIfAborted();
    if (isImageError(error)) throw error;
    throw imageError('ImageSourceUnreachable', `${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function* readFileSource(
  path: string,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw imageError('ImageSourceRefused', messageOf(error), { cause: error });
  });
  try {
    for (let position = offset; ; ) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
