import { open } from 'node:fs/promises';
import type { ImageSource } from '../../api/boot-image/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { imageError, isImageError } from './errors.ts';

const chunkBytes = 256 * 1024;

/**
 * The bytes of a source, from its beginning.
 *
 * @param stallMs an HTTP source that brings nothing for so long is given up
 * @throws ImageSourceUnreachable or ImageSourceRefused
 */
export async function* readSource(
  source: ImageSource,
  stallMs: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    if (source.file !== undefined) yield* readFileSource(source.file.path, signal);
    else if (source.http !== undefined) yield* readHttpSource(source.http.url, stallMs, signal);
    else throw imageError('ImageSourceRefused', 'the source names neither a file nor a URL');
  } catch (error) {
    signal.throwIfAborted();
    if (isImageError(error)) throw error;
    throw imageError('ImageSourceUnreachable', `${nameOf(source)}: ${causeOf(error)}`, { cause: error });
  }
}

async function* readFileSource(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw imageError('ImageSourceRefused', messageOf(error), { cause: error });
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** `identity`: a web server that compresses on the way would change what is measured and hashed. */
async function* readHttpSource(
  url: string,
  stallMs: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stalled = new AbortController();
  const arm = (): NodeJS.Timeout =>
    setTimeout(
      () => stalled.abort(imageError('ImageSourceUnreachable', `${url}: no byte in ${stallMs} ms`)),
      stallMs,
    );
  let watchdog = arm();
  try {
    const response = await fetch(url, {
      headers: { 'accept-encoding': 'identity' },
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw imageError('ImageSourceRefused', `${url}: HTTP ${response.status}`, {
        retryable: response.status >= 500 || response.status === 429,
      });
    }
    for await (const chunk of response.body ?? []) {
      clearTimeout(watchdog);
      yield chunk;
      // Only waiting for the source counts, not what is done with the bytes.
      watchdog = arm();
    }
  } finally {
    clearTimeout(watchdog);
  }
}

function nameOf(source: ImageSource): string {
  return source.http?.url ?? source.file?.path ?? 'the source';
}

/** `fetch` says only that it failed; the reason is below. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
