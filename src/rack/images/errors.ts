import { CodedError, type CodedErrorOptions } from '../../errors/coded-error.ts';

/** Everything that can go wrong with an image on its way to a machine. The code is the reason that a condition shows. */
export const imageErrors = {
  ImageUnknown: 'no BootImage has an artifact of this digest',
  ImageSourceUnreachable:
    'the source of the image does not answer: check its URL or path, and the network of the rack',
  ImageSourceRefused: 'the source of the image answers with an error: check its URL or path',
  ImageTruncated: 'the source of the image ended early',
  ImageDigestMismatch:
    'the source delivers something else than what was imported: import it as a new BootImage',
  ImageCacheFull: 'the image cache has no room for it: raise its limit, pin fewer BootImages, or delete some',
  ImageDiskFull: 'the disk of the rack has no room for it: free some, or lower the limit of the image cache',
  ImageStoreFailed: 'the image cache cannot be written: check the disk of the rack',
} as const;

export type ImageErrorCode = keyof typeof imageErrors;

const retryable: ReadonlySet<ImageErrorCode> = new Set<ImageErrorCode>([
  'ImageSourceUnreachable',
  'ImageTruncated',
]);

/** @param seen what was observed, in words; the advice of the table is added. */
export function imageError(
  code: ImageErrorCode,
  seen: string,
  options?: CodedErrorOptions,
): CodedError<ImageErrorCode> {
  return new CodedError(code, `${seen}: ${imageErrors[code]}`, {
    retryable: retryable.has(code),
    ...options,
  });
}

/** Whether this is a fault of an image that the cache has named. */
export function isImageError(thrown: unknown): thrown is CodedError<ImageErrorCode> {
  return thrown instanceof CodedError && Object.hasOwn(imageErrors, thrown.code);
}
