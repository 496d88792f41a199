import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Answer, Request, Route } from './answer.ts';
import { problemBody, problems } from './problems.ts';
import { type ByteRange, matchesEtag, parseRange } from './range.ts';
import { type SendLimits, sendFile } from './send-file.ts';

type Asked = Pick<Request, 'method' | 'headers'>;

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
  limits: SendLimits,
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
    case 'Bytes':
      return writeRanged(response, asked, errors, {
        ...{ size: answer.bytes.length, etag: answer.etag, contentType: answer.contentType },
        async send({ start, end }) {
          response.end(answer.bytes.subarray(start, end + 1));
          return end - start + 1;
        },
      });
    case 'File': {
      const { file, sizeBytes } = answer.image;
      try {
        return await writeRanged(response, asked, errors, {
          ...{ size: sizeBytes, etag: answer.etag, contentType: 'application/octet-stream' },
          send: (range) => sendFile(file, range, response, limits),
        });
      } finally {
        await file.close();
      }
    }
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
  etag: string;
  contentType: string;
  send(range: ByteRange): Promise<number>;
}

async function writeRanged(
  response: ServerResponse,
  asked: Asked,
  errors: Route['errors'],
  { size, etag, contentType, send }: Ranged,
): Promise<{ status: number; bytes: number }> {
  const { headers, method } = asked;
  const common = { etag, 'accept-ranges': 'bytes', 'cache-control': 'public, max-age=31536000, immutable' };
  if (matchesEtag(headers['if-none-match'], etag)) {
    response.writeHead(304, common).end();
    return { status: 304, bytes: 0 };
  }
  // A client that holds the beginning of something else gets the whole (RFC 9110, 13.1.5).
  const ifRange = headers['if-range'];
  const wanted = ifRange === undefined || ifRange === etag ? headers.range : undefined;
  const range = method === 'HEAD' ? undefined : parseRange(wanted, size);
  if (range === 'Unsatisfiable') {
    const extra = { 'content-range': `bytes */${size}` };
    return writeProblem(response, asked, errors, { kind: 'Problem', code: 'RangeNotSatisfiable' }, extra);
  }
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
  return { status, bytes: await send({ start, end }) };
}
