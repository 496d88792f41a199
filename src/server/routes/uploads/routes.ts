import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { streamType } from '../../plugins/bodies.ts';
import { attributesOf, readSchema, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import type { Upload, UploadStore } from '../../uploads/ports.ts';
import { downloadRoute } from './download.ts';
import { ImageOfUpload, imageOf } from './image.ts';

/** Where files are kept, and where racks find them. */
export interface UploadAccess {
  store: UploadStore;
  /** Of the server, as racks and the operator reach it, without a slash at the end. */
  url: string;
}

const UploadView = z.object({
  id: z.string(),
  fileName: z.string().optional(),
  sizeBytes: z.int().describe('How large it will be.'),
  receivedBytes: z.int().describe('What is stored: the next bytes begin at this offset.'),
  createdAt: z.string(),
  digest: z.string().optional().describe('SHA-256, once it is complete and has been looked at.'),
});

const Uploads = z.object({
  limits: z.object({
    fileBytes: z.int().describe('The largest file.'),
    totalBytes: z.int().describe('All files together.'),
    usedBytes: z.int().describe('What is taken of that, uploads under way with all that they will be.'),
    keptHours: z.number().describe('How long an upload is kept that no byte comes for.'),
  }),
  items: z.array(UploadView).describe('Your own uploads that are under way.'),
});

const NewUpload = z.strictObject({
  sizeBytes: z.int().min(1).describe('How large the file is.'),
  fileName: z.string().min(1).max(255).optional().describe('For you alone: nothing is called so on disk.'),
});

const UploadPath = z.strictObject({ id: z.uuid().describe('Of the upload, as its answer said.') });
const BytesQuery = z.strictObject({
  offset: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .default(0)
    .describe('Where the first byte of the body belongs: receivedBytes of the upload.'),
});

/** Of a request that fails: so much of its body is read before the answer, that a client hears it. */
const drainBytes = 32 * 1024 * 1024;

/** Uploading files and making BootImages of them. @param uploads undefined: nobody said where to keep them */
export function uploadRoutes(deps: ServerDeps, uploads: UploadAccess | undefined): ApiRoute[] {
  const { access, idempotency } = deps;
  const images = resourceOf('images');

  /** Errors: UploadsUnavailable, Forbidden. */
  async function storeFor(caller: Caller): Promise<UploadStore> {
    await access.require(caller, attributesOf(images, 'create'));
    if (uploads !== undefined) return uploads.store;
    throw serverError(
      'UploadsUnavailable',
      'this server keeps no uploads: set METALWRIGHT_UPLOADS_DIRECTORY and METALWRIGHT_UPLOADS_URL (in the chart server.uploads.enabled)',
    );
  }

  /** Errors: UploadsUnavailable, Forbidden, NotFound. */
  async function uploadOf(caller: Caller, id: string): Promise<{ store: UploadStore; upload: Upload }> {
    const store = await storeFor(caller);
    const upload = store.find(id, caller.user.username);
    if (upload !== undefined) return { store, upload };
    throw serverError('NotFound', 'you have no such upload (any more)');
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/uploads',
      id: 'listUploads',
      tag: 'uploads',
      summary: 'What may be uploaded, and your own uploads under way',
      description: 'Needs the verb create on bootimages, as all of uploads.',
      pathSchema: noParameters,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: { 200: { description: 'Limits and uploads.', schema: Uploads } },
      problems: ['Forbidden', 'UploadsUnavailable'],
      handle: async ({ caller }) => {
        const store = await storeFor(caller);
        const { fileBytes, totalBytes, keepMs } = store.limits;
        const limits = {
          ...{ fileBytes, totalBytes, usedBytes: store.usedBytes() },
          keptHours: keepMs / 3_600_000,
        };
        return { status: 200, body: { limits, items: store.list(caller.user.username).map(viewOf) } };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/uploads',
      id: 'beginUpload',
      tag: 'uploads',
      summary: 'Begin an upload',
      description: 'Room for the file is kept from now on. Send its bytes next, then make an image of it.',
      pathSchema: noParameters,
      querySchema: noParameters,
      bodySchema: NewUpload,
      answers: { 201: { description: 'It waits for its bytes.', schema: UploadView } },
      problems: ['Forbidden', 'UploadsFull', 'UploadsUnavailable'],
      handle: async ({ caller, body: { sizeBytes, fileName } }) => {
        const store = await storeFor(caller);
        const upload = await store.begin({ owner: caller.user.username, sizeBytes, fileName });
        return { status: 201, body: viewOf(upload) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/uploads/{id}',
      id: 'getUpload',
      tag: 'uploads',
      summary: 'How far an upload is',
      pathSchema: UploadPath,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: { 200: { description: 'The upload.', schema: UploadView } },
      problems: ['Forbidden', 'NotFound', 'UploadsUnavailable'],
      handle: async ({ caller, path: { id } }) => {
        const { upload } = await uploadOf(caller, id);
        return { status: 200, body: viewOf(upload) };
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/v1/uploads/{id}',
      id: 'sendUpload',
      tag: 'uploads',
      summary: 'Send bytes of an upload',
      description:
        'All of the file or a part of it, as many requests as you like. What came before a connection broke stays: ask how far the upload is, and go on there.',
      pathSchema: UploadPath,
      querySchema: BytesQuery,
      bodySchema: noBody,
      bodyTypes: [streamType],
      streams: true,
      writes: false,
      answers: { 200: { description: 'They are stored.', schema: UploadView } },
      problems: [
        'Forbidden',
        'NotFound',
        'RequestTimeout',
        'UploadConflict',
        'UploadsFull',
        'UploadsUnavailable',
      ],
      handle: async ({ caller, path: { id }, query: { offset }, body }) => {
        const bytes = body instanceof Readable ? body : Readable.from([]);
        try {
          const { store } = await uploadOf(caller, id);
          return { status: 200, body: viewOf(await store.receive(id, offset, bytes)) };
        } catch (error) {
          await drain(bytes);
          throw error;
        }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/uploads/{id}',
      id: 'deleteUpload',
      tag: 'uploads',
      summary: 'Give an upload up',
      pathSchema: UploadPath,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: { 204: { description: 'It is gone.' } },
      problems: ['Forbidden', 'NotFound', 'UploadsUnavailable'],
      handle: async ({ caller, path: { id } }) => {
        const { store } = await uploadOf(caller, id);
        await store.forget(id);
        return { status: 204 };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/uploads/{id}/image',
      id: 'createImageOfUpload',
      tag: 'images',
      summary: 'Create an Image of an uploaded file',
      description:
        'When all bytes are there. The BootImage is made in your name, with a URL at this server and the digest of the file. When it is refused, the upload stays: mend the request and send it again.',
      pathSchema: UploadPath,
      querySchema: noParameters,
      headers: {
        'Idempotency-Key':
          'Of your own choice. The same request with the same key within ten minutes is answered as the first one was.',
      },
      bodySchema: ImageOfUpload,
      answers: {
        201: { description: 'The image, which the operator reads next.', schema: readSchema(images) },
      },
      problems: [
        ...([
          'AlreadyExists',
          'Conflict',
          'Forbidden',
          'IdempotencyKeyReused',
          'Invalid',
          'NotFound',
        ] as const),
        ...(['UploadConflict', 'UploadMismatch', 'UploadsFull', 'UploadsUnavailable'] as const),
      ],
      handle: async ({ caller, path: { id }, body, header }) =>
        idempotency.once(
          { caller, key: header('idempotency-key'), request: ['image', id, body] },
          async () => {
            const { store } = await uploadOf(caller, id);
            const image = await imageOf(store, id, body, uploads?.url ?? '');
            const created = await deps.writesOf(caller).create(images.kind, image, { dryRun: false });
            await store.forget(id);
            await deps.caches.seen(images, created);
            const { managedFields: _managedFields, ...metadata } = created.metadata;
            return {
              status: 201,
              body: { ...created, metadata },
              headers: { location: `/api/v1/images/${metadata.name}` },
            };
          },
        ),
    }),
    downloadRoute(uploads?.store),
  ];
}

function viewOf({ id, fileName, sizeBytes, receivedBytes, createdAt, digest }: Upload) {
  const stored = digest === undefined ? undefined : `sha256:${digest}`;
  return { id, fileName, sizeBytes, receivedBytes, createdAt, digest: stored };
}

/** A client that is still sending would not hear the answer. */
async function drain(bytes: Readable): Promise<void> {
  let read = 0;
  try {
    for await (const chunk of bytes.iterator({ destroyOnReturn: false })) {
      const piece: Uint8Array = chunk;
      read += piece.length;
      if (read > drainBytes) return;
    }
  } catch {
    // It has gone: nobody is left to hear anything.
  }
}
