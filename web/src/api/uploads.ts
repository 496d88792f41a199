import { queryOptions } from '@tanstack/react-query';
import type { BootImage } from '../../../src/api/boot-image/schema.ts';
import { apiPath, request, send } from './client.ts';
import { ProblemError, readProblem } from './problem.ts';
import { sameOriginHeader } from './session.ts';

/** An upload as the server sees it. */
interface Upload {
  id: string;
  receivedBytes: number;
}

/** What may be uploaded. Errors: ProblemError, `UploadsUnavailable` where the server has no place for files. */
export const uploadsQuery = queryOptions({
  queryKey: ['uploads'] as const,
  queryFn: ({ signal }) =>
    request<{ limits: { fileBytes: number; totalBytes: number; usedBytes: number } }>('/uploads', { signal }),
  retry: false,
  staleTime: 10_000,
});

/** What a person says of an uploaded file. */
export interface ImageOfUpload {
  name: string;
  os: string;
  release: string;
  architecture: string;
  digest?: string;
}

export function beginUpload(sizeBytes: number, fileName: string): Promise<Upload> {
  return request('/uploads', { method: 'POST', body: { sizeBytes, fileName: fileName.slice(-255) } });
}

export function readUpload(id: string): Promise<Upload> {
  return request(`/uploads/${id}`);
}

export async function giveUpUpload(id: string): Promise<void> {
  await send(`/uploads/${id}`, { method: 'DELETE' });
}

/** Makes the BootImage, once all bytes are there. Errors: ProblemError; the bytes stay, and it can be asked again. */
export function createImageOfUpload(id: string, image: ImageOfUpload, key: string): Promise<BootImage> {
  return request(`/uploads/${id}/image`, {
    method: 'POST',
    body: image,
    headers: { 'idempotency-key': key },
  });
}

/**
 * Sends bytes of a file. Not by `fetch`: that does not tell how much has left. Errors: ProblemError; `Offline` when the connection
 * broke, the reason of the signal when that was aborted.
 *
 * @param progress called with how many of the bytes have left
 */
export function putBytes(
  id: string,
  offset: number,
  bytes: Blob,
  progress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const exchange = new XMLHttpRequest();
    exchange.open('PUT', apiPath(`/uploads/${id}`, { offset }));
    exchange.setRequestHeader('content-type', 'application/octet-stream');
    exchange.setRequestHeader(...sameOriginHeader);
    exchange.upload.addEventListener('progress', ({ loaded }) => progress(loaded));
    exchange.addEventListener('load', () => {
      const { status, statusText, responseText } = exchange;
      const headers = { 'content-type': exchange.getResponseHeader('content-type') ?? '' };
      if (status === 200) resolve(JSON.parse(responseText));
      else readProblem(new Response(responseText, { status, statusText, headers })).then(reject, reject);
    });
    exchange.addEventListener('error', () =>
      reject(
        new ProblemError({
          title: 'The upload broke off',
          status: 0,
          detail: 'The server was not reached any more. What it has stays there: try again to go on.',
          code: 'Offline',
        }),
      ),
    );
    exchange.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => exchange.abort(), { once: true });
    exchange.send(bytes);
  });
}
