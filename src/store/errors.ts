import { CodedError, messageOf } from '../errors/coded-error.ts';

/** Everything that can go wrong between Metalwright and its history, and what it means. */
export const storeErrors = {
  BadData: 'a row that the database refuses, whenever it is sent',
  Failed: 'the database refused a statement',
  InUse: 'another process holds the directory',
  MigrationChanged: 'a migration that was applied is not the one that this version has',
  NewerSchema: 'the database was migrated by a newer version',
  SpoolFailed: 'the spool cannot be written or read',
  SpoolFull: 'the spool has reached its limit',
  Timeout: 'a statement took too long',
  Unavailable: 'the database is away, full or ending',
} as const;

export type StoreErrorCode = keyof typeof storeErrors;
export type StoreError = CodedError<StoreErrorCode>;

const retryableCodes: readonly StoreErrorCode[] = ['SpoolFailed', 'SpoolFull', 'Timeout', 'Unavailable'];
const thrown = new WeakSet<object>();

export function storeError(
  code: StoreErrorCode,
  what: string,
  options: { cause?: unknown } = {},
): StoreError {
  const error: StoreError = new CodedError(code, `${what}: ${storeErrors[code]}`, {
    ...options,
    retryable: retryableCodes.includes(code),
  });
  thrown.add(error);
  return error;
}

/** Whether this layer threw it, with one of these codes; without codes, at all. */
export function isStoreError(error: unknown, ...codes: readonly StoreErrorCode[]): error is StoreError {
  if (!(error instanceof CodedError) || !thrown.has(error)) return false;
  return codes.length === 0 || codes.some((code) => code === error.code);
}

/** A failure of a driver as one of ours: by SQLSTATE (PostgreSQL's Appendix A), else by the kernel's word. */
export function storeErrorOf(error: unknown): StoreError {
  if (isStoreError(error)) return error;
  if (error instanceof TypeError || error instanceof RangeError) {
    return storeError('Failed', messageOf(error), { cause: error });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return storeError(codeOf(code, messageOf(error)), messageOf(error), { cause: error });
}

function codeOf(code: string, message: string): StoreErrorCode {
  // query_canceled by the statement time-out, lock_not_available.
  if (code === '57014' || code === '55P03' || /timeout/i.test(message)) return 'Timeout';
  // Connection, resources (disk full, too many connections), operator's intervention, system, serialisation, read only.
  if (/^(08|53|57|58|40)[0-9A-Z]{3}$/.test(code) || code === '25006' || code === 'XX000')
    return 'Unavailable';
  if (/^2[23][0-9A-Z]{3}$/.test(code) || code === '54000') return 'BadData';
  // 28: the password changes, 3D: the database is being made.
  if (/^(28|3D)[0-9A-Z]{3}$/.test(code)) return 'Unavailable';
  if (/^[0-9A-Z]{5}$/.test(code)) return 'Failed';
  return 'Unavailable';
}
