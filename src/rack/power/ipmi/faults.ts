import type { CodedError } from '../../../errors/coded-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';

interface Fault {
  code: PowerErrorCode;
  meaning: string;
  retryable?: boolean;
}

const busy = (meaning: string): Fault => ({ code: 'BmcBusy', meaning, retryable: true });
const cipher = (meaning: string): Fault => ({ code: 'BmcCipherRefused', meaning });

/** RMCP+ status codes (IPMI 2.0, table 13-15). */
const statusFaults: Readonly<Record<number, Fault>> = {
  1: busy('insufficient resources to create a session'),
  2: { code: 'BmcProtocolError', meaning: 'invalid session ID', retryable: true },
  3: { code: 'BmcProtocolError', meaning: 'invalid payload type' },
  4: cipher('invalid authentication algorithm'),
  5: cipher('invalid integrity algorithm'),
  6: cipher('no matching authentication payload'),
  7: cipher('no matching integrity payload'),
  8: { code: 'BmcProtocolError', meaning: 'inactive session ID', retryable: true },
  9: { code: 'BmcPrivilegeTooLow', meaning: 'invalid role' },
  10: { code: 'BmcPrivilegeTooLow', meaning: 'unauthorised role or privilege level' },
  11: busy('insufficient resources to create a session at the requested role'),
  12: { code: 'BmcAuthenticationFailed', meaning: 'invalid length of the user name' },
  13: { code: 'BmcAuthenticationFailed', meaning: 'unknown user name' },
  14: { code: 'BmcProtocolError', meaning: 'unauthorised GUID' },
  15: { code: 'BmcAuthenticationFailed', meaning: 'wrong integrity check value' },
  16: cipher('invalid confidentiality algorithm'),
  17: cipher('no cipher suite matches'),
  18: { code: 'BmcProtocolError', meaning: 'illegal parameter' },
};

/** The error behind an RMCP+ status code other than 0, seen in `where` (such as `RAKP 2`). */
export function statusError(status: number, where: string): CodedError<PowerErrorCode> {
  const fault = statusFaults[status] ?? { code: 'BmcProtocolError', meaning: 'unknown status' };
  const seen = `${where} says ${fault.meaning} (0x${hex(status)})`;
  return powerError(fault.code, seen, { retryable: fault.retryable ?? false });
}

/** Completion codes (IPMI 2.0, table 5-2). */
const completionFaults: Readonly<Record<number, Fault>> = {
  192: busy('node busy'),
  193: { code: 'BmcUnsupported', meaning: 'invalid command' },
  194: { code: 'BmcUnsupported', meaning: 'command invalid for this LUN' },
  195: busy('timeout while processing the command'),
  196: busy('out of space'),
  206: busy('response could not be provided'),
  207: busy('duplicated request'),
  208: busy('sensor repository being updated'),
  209: busy('firmware being updated'),
  210: busy('BMC is initialising'),
  211: busy('destination unavailable'),
  212: { code: 'BmcPrivilegeTooLow', meaning: 'insufficient privilege level' },
  213: busy('not possible in the present state'),
  255: { code: 'BmcProtocolError', meaning: 'unspecified error', retryable: true },
};

/** The error behind a completion code other than 0, of the command that `what` names. */
export function completionError(completionCode: number, what: string): CodedError<PowerErrorCode> {
  const fault = completionFaults[completionCode] ?? { code: 'BmcProtocolError', meaning: 'refused' };
  const seen = `${what}: ${fault.meaning} (completion code 0x${hex(completionCode)})`;
  return powerError(fault.code, seen, { retryable: fault.retryable ?? false });
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
