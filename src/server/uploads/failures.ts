import { messageOf } from '../../errors/coded-error.ts';
import { ServerError, serverError } from '../errors.ts';

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** There is no such file. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** What the disk said, for whoever asked: full, or broken, which is nobody's business but the log's. */
export function diskFailure(error: unknown): unknown {
  if (error instanceof ServerError) return error;
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error));
  if (!full) return error;
  return serverError('UploadsFull', `the disk of the server is full: ${messageOf(error)}`, { cause: error });
}

/** Runs what touches the disk. Errors: UploadsFull, and what the system says. */
export async function onDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskFailure(error);
  }
}
