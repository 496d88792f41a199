import { z } from 'zod';
import { BootImageSpec, ImageArtifact } from '../../../api/boot-image/schema.ts';
import { ObjectName } from '../../../api/fields.ts';
import { notThatFormat, packingOf } from '../../../domain/boot/disk-beginning.ts';
import { serverError } from '../../errors.ts';
import type { UploadStore } from '../../uploads/ports.ts';
import { downloadPath } from './download.ts';

const { os, release, architecture, kernelArguments, pinned } = BootImageSpec.shape;

/** What a person says of an uploaded image of a disk. */
export const ImageOfUpload = z.strictObject({
  name: ObjectName.describe('Of the BootImage.'),
  ...{ os, release, architecture, kernelArguments, pinned },
  format: ImageArtifact.shape.format
    .unwrap()
    .optional()
    .describe('How the raw image is packed. Default: what its first bytes say.'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional()
    .describe('What the file must be: sha256: and 64 lower-case hex digits. Anything else is thrown away.'),
  labels: z.record(z.string().max(317), z.string().max(63)).optional(),
});
export type ImageOfUpload = z.infer<typeof ImageOfUpload>;

/**
 * The BootImage of a complete upload, to be created. Errors: Invalid when it is no image of a disk in its format; UploadConflict,
 * UploadMismatch, UploadsFull.
 *
 * @param url of this server, as racks reach it
 */
export async function imageOf(store: UploadStore, id: string, said: ImageOfUpload, url: string) {
  const { name, labels, digest: expected, format: given, ...spec } = said;
  const beginning = await store.beginning(id);
  const format = given ?? packingOf(beginning);
  const mistaken = notThatFormat(beginning, format);
  if (mistaken !== undefined) {
    const message = `the file is ${mistaken}`;
    throw serverError('Invalid', message, { errors: [{ field: 'body.format', message }] });
  }
  const { digest } = await store.seal(id, expected?.slice('sha256:'.length));
  return {
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: {
      ...spec,
      purpose: 'Disk' as const,
      artifacts: [
        {
          role: 'Disk' as const,
          ...{ format, digest: `sha256:${digest}` },
          source: { http: { url: `${url}${downloadPath}/${digest}` } },
        },
      ],
    },
  };
}
