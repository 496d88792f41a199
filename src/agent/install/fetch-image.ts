import { messageOf } from '../../errors/coded-error.ts';
import { agentError, isAgentError } from '../errors.ts';
import { backoffMs } from '../rack/backoff.ts';
import type { OpenDownload } from '../rack/http.ts';
import type { Timing } from '../time.ts';

export interface FetchRequest {
  url: string;
  sessionKey: string;
  /** Size of the file; a transfer that ends earlier goes on from there. */
  sizeBytes: number;
  signal: AbortSignal;
}

export interface FetchDeps {
  open: OpenDownload;
  timing: Timing;
  /** Told when a transfer broke and is taken up again. */
  onBreak(message: string): void;
}

const silenceMs = 30_000;
const backoff = { firstMs: 300, mostMs: 10_000 };

/** The rack may be away for so long before the transfer is given up. */
const patienceMs = 5 * 60_000;

/**
 * The bytes of a file of the rack, in order and each once, over as many connections as it takes.
 *
 * @throws ImageFetchFailed when the rack says no, or brings no further byte for five minutes
 */
export async function* fetchImage(request: FetchRequest, deps: FetchDeps): AsyncGenerator<Uint8Array> {
  let received = 0;
  let failed = 0;
  let lastByteAt = deps.timing.now();
  while (received < request.sizeBytes) {
    let seen = 'the connection ended early';
    try {
      for await (const chunk of continueFrom(received, request, deps)) {
        received += chunk.length;
        failed = 0;
        yield chunk;
        lastByteAt = deps.timing.now();
      }
    } catch (error) {
      request.signal.throwIfAborted();
      if (isAgentError(error)) throw error;
      seen = messageOf(error);
    }
    if (received >= request.sizeBytes) return;
    if (deps.timing.now() - lastByteAt > patienceMs)
      throw agentError('ImageFetchFailed', `${received} of ${request.sizeBytes} bytes came, then: ${seen}`);
    failed += 1;
    if (failed > 1 || received > 0)
      deps.onBreak(`transfer interrupted (${seen}), going on at byte ${received}`);
    await deps.timing.sleep(backoffMs(failed, deps.timing.random(), backoff), request.signal);
  }
}

/** One connection's worth of bytes from `position` on, whether or not the server knows ranges. */
async function* continueFrom(
  position: number,
  request: FetchRequest,
  deps: FetchDeps,
): AsyncGenerator<Uint8Array> {
  const download = await deps.open({ ...request, silenceMs }, position);
  if (download.status >= 400 && download.status < 500)
    throw agentError('ImageFetchFailed', `${request.url}: the rack answered HTTP ${download.status}`);
  if (download.status !== 200 && download.status !== 206) throw new Error(`HTTP ${download.status}`);
  let skip = position - download.from;
  for await (const chunk of download.body) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}
