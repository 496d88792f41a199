import { CodedError } from '../../errors/coded-error.ts';

/** Why an artifact cannot be imported; the reason of the image's condition. */
export const importErrors = {
  SourceNotFound: 'the source has no such file: check the URL or path',
  SourceNotAllowed:
    'only regular files in the image directories are taken: move it there, or serve it over HTTP',
  SourceRefused: 'the source does not give it out: check the URL, and that no password is needed',
  SourceFailed: 'the source broke off or cannot be reached: it is tried again',
  DigestMismatch: 'the artifact is not what spec.artifacts[].digest says: correct one of them',
  ImageCorrupt: 'the artifact is not what spec.artifacts[].format says, or is damaged',
} as const;
export type ImportErrorCode = keyof typeof importErrors;

/** Faults that pass by themselves: the image is on its way. With the others it waits for a person. */
const passing: ReadonlySet<ImportErrorCode> = new Set(['SourceFailed']);

/** @param seen what was observed, in words; the advice of the table is added. */
export function importError(
  code: ImportErrorCode,
  seen: string,
  cause?: unknown,
): CodedError<ImportErrorCode> {
  return new CodedError(code, `${seen}: ${importErrors[code]}`, { retryable: passing.has(code), cause });
}

export function isImportError(thrown: unknown): thrown is CodedError<ImportErrorCode> {
  return thrown instanceof CodedError && Object.hasOwn(importErrors, thrown.code);
}
