import { type CodedError, messageOf } from '../../../errors/coded-error.ts';
import { isPowerError, type PowerErrorCode, powerError } from '../errors.ts';

/** OpenSSL's and Node's names of a certificate that is not trusted, or of no common TLS. */
const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^ERR_(TLS|SSL)|^EPROTO$/;

/** The error behind a connection that failed, or a time that ran out. Errors that have a name already keep it. */
export function connectionError(thrown: unknown, what: string): CodedError<PowerErrorCode> {
  if (isPowerError(thrown)) return thrown;
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  if (isPowerError(cause)) return cause;
  const systemCode = codeOf(thrown) ?? codeOf(cause);
  const seen = `${what}: ${messageOf(thrown) || systemCode || 'connection failed'}`;
  if (systemCode !== undefined && tlsCode.test(systemCode)) {
    return powerError('BmcTlsFailed', seen, { cause: thrown });
  }
  return powerError('BmcUnreachable', seen, { cause: thrown, retryable: true });
}

/** What an HTTP status of 400 or more says by itself, where the protocol says nothing more. */
export function statusMeaning(status: number): { code: PowerErrorCode; retryable: boolean } {
  if (status === 401) return { code: 'BmcAuthenticationFailed', retryable: false };
  if (status === 403) return { code: 'BmcPrivilegeTooLow', retryable: false };
  if (status === 404 || status === 405 || status === 501) return { code: 'BmcUnsupported', retryable: false };
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return { code: 'BmcBusy', retryable: true };
  }
  return { code: 'BmcProtocolError', retryable: false };
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}
