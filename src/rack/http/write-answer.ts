import { randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FileSender } from '../net/native-file-sender.ts';
import type { Answer, Request, Route } from './answer.ts';
import { allowsRange, judgeConditions, type Validators } from './conditions.ts';
import type { FairShare } from './fair-share.ts';
import { formatHttpDate } from './http-date.ts';
import { layOutMultipart } from './multipart.ts';
import { problemBody, problems } from './problems.ts';
import { type ByteRange, parseRanges } from './range.ts';
import { type Outlet, type SendLimits, sendFile, writeChunk } from './send-file.ts';

type Asked = Pick<Request, 'method' | 'headers' | 'address'>;

/** How large bodies are sent. */
export interface Sending {
  limits: SendLimits;
  share: FairShare;
  sender?: FileSender | undefined;
}

/**
 * Writes an answer, exactly: a length always, `HEAD` without a body, conditions and ranges for what has an entity tag.
 *
 * @returns status and bytes of the body that were sent
 */
export async function writeAnswer(
  answer: Answer,
  asked: Asked,
  errors: Route['errors'],
  response: ServerResponse,
  sending: Sending,
): Promise<{ status: number; bytes: number }> {
  switch (answer.kind) {
    case 'Text':
      return writeWhole(response, asked, answer.status, 'text/plain; charset=utf-8', answer.text);
    case 'Json':
      return writeWhole(response, asked, answer.status, 'application/json', JSON.stringify(answer.value));
    case 'Empty':
      return writeWhole(response, asked, answer.status, undefined, '');
    case 'Problem':
      return writeProblem(response, asked, errors, answer);
    case 'Bytes': {
      const { bytes, contentType, etag, modifiedAt } = answer;
      return writeRanged(response, asked, errors, {
        ...{ size: bytes.length, contentType, validators: { etag, modifiedAt } },
        async send({ start, end }) {
          response.write(bytes.subarray(start, end + 1));
          return end - start + 1;
        },
      });
    }
    case 'File': {
      const { image, etag, secret } = answer;
      const { file, sizeBytes, modifiedAt } = image;
      try {
        return await withOutlet(response, asked.address, sending, (outlet) =>
          writeRanged(response, asked, errors, {
            ...{ size: sizeBytes, contentType: 'application/octet-stream', validators: { etag, modifiedAt } },
            secret,
            send: (range) => sendFile(image, range, outlet),
            head: (bytes) => writeChunk(outlet, bytes),
          }),
        );
      } finally {
        await file.close();
      }
    }
  }
}

/** The client's share of the rack, for as long as the answer takes; slowness is measured by chunk meanwhile. */
async function withOutlet<T>(
  response: ServerResponse,
  address: string,
  { limits, share, sender }: Sending,
  act: (outlet: Outlet) => Promise<T>,
): Promise<T> {
  const { socket } = response;
  const stillMs = socket?.timeout ?? 0;
  const chunkBytes = share.chunkBytes();
  const stream = share.open(address);
  const close = (): void => stream.close();
  response.once('close', close);
  // Who waits for its turn is still, and not to blame.
  socket?.setTimeout(0);
  try {
    return await act({ response, limits, share: stream, chunkBytes, sender });
  } finally {
    response.off('close', close);
    stream.close();
    socket?.setTimeout(stillMs);
  }
}

function writeWhole(
  response: ServerResponse,
  asked: Asked,
  status: number,
  contentType: string | undefined,
  text: string,
  extra: OutgoingHttpHeaders = {},
): { status: number; bytes: number } {
  const bytes = Buffer.from(text);
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...(contentType === undefined ? {} : { 'content-type': contentType, 'content-length': bytes.length }),
    ...extra,
  });
  response.end(asked.method === 'HEAD' ? undefined : bytes);
  return { status, bytes: asked.method === 'HEAD' ? 0 : bytes.length };
}

function writeProblem(
  response: ServerResponse,
  asked: Asked,
  errors: Route['errors'],
  { code, detail, retryAfterSeconds }: Extract<Answer, { kind: 'Problem' }>,
  extra: OutgoingHttpHeaders = {},
): { status: number; bytes: number } {
  const { status, title } = problems[code];
  const headers = {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...extra,
  };
  if (errors === 'Text') {
    const text = detail === undefined ? `${title}\n` : `${title}: ${detail}\n`;
    return writeWhole(response, asked, status, 'text/plain; charset=utf-8', text, headers);
  }
  const body = JSON.stringify(problemBody(code, detail));
  return writeWhole(response, asked, status, 'application/problem+json', body, headers);
}

interface Ranged {
  size: number;
  contentType: string;
  validators: Validators;
  secret?: boolean | undefined;
  /** Writes the range and does not end the answer; fewer bytes when that failed. */
  send(range: ByteRange): Promise<number>;
  /** Writes what stands between ranges. Default: without waiting. */
  head?(bytes: Uint8Array): Promise<boolean>;
}

async function writeRanged(
  response: ServerResponse,
  asked: Asked,
  errors: Route['errors'],
  ranged: Ranged,
): Promise<{ status: number; bytes: number }> {
  const { size, contentType, validators } = ranged;
  const { headers, method } = asked;
  const common = {
    etag: validators.etag,
    ...(validators.modifiedAt === undefined
      ? {}
      : { 'last-modified': formatHttpDate(validators.modifiedAt) }),
    'accept-ranges': 'bytes',
    'cache-control': ranged.secret === true ? 'no-store' : 'public, max-age=31536000, immutable',
  };
  const judgement = judgeConditions(headers, validators);
  if (judgement === 'PreconditionFailed')
    return writeProblem(response, asked, errors, { kind: 'Problem', code: 'PreconditionFailed' });
  if (judgement === 'NotModified') {
    response.writeHead(304, common).end();
    return { status: 304, bytes: 0 };
  }
  const asksRange = method === 'GET' && allowsRange(headers, validators);
  const ranges = asksRange ? parseRanges(headers.range, size) : undefined;
  if (ranges === 'Unsatisfiable') {
    const extra = { 'content-range': `bytes */${size}` };
    return writeProblem(response, asked, errors, { kind: 'Problem', code: 'RangeNotSatisfiable' }, extra);
  }
  if (ranges !== undefined && ranges.length > 1) return writeParts(response, ranges, ranged, common);
  const range = ranges?.[0];
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const status = range === undefined ? 200 : 206;
  response.writeHead(status, {
    ...common,
    'content-type': contentType,
    'content-length': end - start + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (method === 'HEAD' || size === 0) {
    response.end();
    return { status, bytes: 0 };
  }
  const bytes = await ranged.send({ start, end });
  finish(response, bytes === end - start + 1);
  return { status, bytes };
}

/** Several ranges, with their length all the same: RFC 9110, 15.3.7.2. */
async function writeParts(
  response: ServerResponse,
  ranges: readonly ByteRange[],
  { size, contentType, send, head }: Ranged,
  common: OutgoingHttpHeaders,
): Promise<{ status: number; bytes: number }> {
  const boundary = randomBytes(15).toString('hex');
  const multipart = layOutMultipart(ranges, { size, contentType, boundary });
  response.writeHead(206, {
    ...common,
    'content-type': multipart.contentType,
    'content-length': multipart.length,
  });
  let bytes = 0;
  const between = async (text: Uint8Array): Promise<boolean> => {
    bytes += text.length;
    if (head !== undefined) return head(text);
    response.write(text);
    return true;
  };
  for (const part of multipart.parts) {
    const whole = part.range.end - part.range.start + 1;
    const sent = (await between(part.head)) ? await send(part.range) : 0;
    bytes += sent;
    if (sent === whole) continue;
    finish(response, false);
    return { status: 206, bytes };
  }
  finish(response, await between(multipart.tail));
  return { status: 206, bytes };
}

/** A body that is not complete must not look as if it were. */
function finish(response: ServerResponse, complete: boolean): void {
  if (complete) response.end();
  else response.destroy();
}
