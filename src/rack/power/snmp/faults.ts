import type { CodedError } from '../../../errors/coded-error.ts';
import { isPowerError, type PowerErrorCode, powerError } from '../errors.ts';
import type { SnmpParameters } from './session.ts';

/** `error-status` values (RFC 3416, section 3) by what they mean for a person. */
const byStatus: ReadonlyMap<number, { code: PowerErrorCode; retryable: boolean }> = new Map([
  [2, { code: 'BmcSystemNotFound', retryable: false }],
  [4, { code: 'BmcPrivilegeTooLow', retryable: false }],
  [6, { code: 'BmcPrivilegeTooLow', retryable: false }],
  [11, { code: 'BmcSystemNotFound', retryable: false }],
  [13, { code: 'BmcBusy', retryable: true }],
  [16, { code: 'BmcPrivilegeTooLow', retryable: false }],
  [17, { code: 'BmcPrivilegeTooLow', retryable: false }],
]);

/** What a failed request means. An agent does not answer a wrong community at all. */
export function snmpFault(
  error: Error,
  what: string,
  version: SnmpParameters['version'],
): CodedError<PowerErrorCode> {
  if (isPowerError(error)) return error;
  const seen = `SNMP ${version}, ${what}: ${error.message}`;
  if (error.name === 'RequestTimedOutError') {
    const hint = version === '3' ? '' : ', which a wrong community looks like too';
    return powerError('BmcUnreachable', `${seen}${hint}`, { cause: error, retryable: true });
  }
  if (error.name === 'RequestFailedError' && 'status' in error && typeof error.status === 'number') {
    const { code, retryable } = byStatus.get(error.status) ?? { code: 'BmcProtocolError', retryable: false };
    return powerError(code, seen, { cause: error, retryable });
  }
  if (/user ?name|digest|auth|decrypt|security level/i.test(error.message)) {
    return powerError('BmcAuthenticationFailed', seen, { cause: error });
  }
  if (error.name === 'ResponseInvalidError') return powerError('BmcProtocolError', seen, { cause: error });
  return powerError('BmcUnreachable', seen, { cause: error, retryable: true });
}
