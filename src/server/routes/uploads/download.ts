import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { serverError } from '../../errors.ts';
import { streamType } from '../../plugins/bodies.ts';
import { type ApiRoute, noBody, noParameters } from '../../route.ts';
import type { UploadStore } from '../../uploads/ports.ts';
import { byteRange } from './range.ts';

const DigestPath = z.strictObject({
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the file, as lower-case hex.'),
});

/** Below it, files are found by their digest. */
export const downloadPath = '/api/v1/uploads/sha256';

/**
 * Sends a file to whoever knows its digest: racks have no token for this server, and check what they get. A digest cannot be guessed,
 * and says nothing of the file to who does not have it.
 */
export function downloadRoute(uploads: UploadStore | undefined): ApiRoute {
  return {
    method: 'GET',
    path: `${downloadPath}/{digest}`,
    id: 'getUploadedFile',
    tag: 'uploads',
    summary: 'An uploaded file, for whoever knows its digest',
    description:
      'This is where BootImages of uploaded files lead to: racks and the operator fetch it without a token. A range of bytes may be asked for.',
    open: true,
    pathSchema: DigestPath,
    querySchema: noParameters,
    headers: { Range: 'bytes=FROM- or bytes=FROM-TO' },
    bodySchema: noBody,
    answers: {
      200: { description: 'The bytes.', mediaType: streamType },
      206: { description: 'Those that Range names.', mediaType: streamType },
    },
    problems: ['NotFound'],
    async run(request, reply) {
      const path = DigestPath.safeParse(request.params);
      const stored = path.success ? await uploads?.open(path.data.digest) : undefined;
      if (!path.success || stored === undefined)
        throw serverError('NotFound', 'there is no uploaded file of this digest (any more)');
      const { file, sizeBytes } = stored;
      const etag = `"${path.data.digest}"`;
      const { range, 'if-range': ifRange } = request.headers;
      const asked = ifRange === undefined || ifRange === etag ? byteRange(range, sizeBytes) : undefined;
      const { from, to } = asked ?? { from: 0, to: sizeBytes - 1 };
      reply.code(asked === undefined ? 200 : 206).headers({
        'content-type': streamType,
        'content-length': to - from + 1,
        ...(asked === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${sizeBytes}` }),
        'accept-ranges': 'bytes',
        'content-disposition': 'attachment',
        etag,
      });
      const bytes = createReadStream('', { fd: file, start: from, end: to, highWaterMark: 256 * 1024 });
      await reply.send(bytes);
      return undefined;
    },
  };
}
