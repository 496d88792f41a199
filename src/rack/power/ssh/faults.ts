import type { CodedError } from '../../../errors/coded-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';

interface Complaint {
  pattern: RegExp;
  code: PowerErrorCode;
  retryable?: boolean;
  hint?: string;
}

/** What OpenSSH's client complains of, by what it prints (in English: it has no other messages). */
const complaints: readonly Complaint[] = [
  {
    pattern: /host key verification failed|host key is known for|remote host identification/i,
    code: 'BmcTlsFailed',
    hint: "the host's key is not in sshKnownHosts of the credentials Secret",
  },
  {
    pattern: /no matching (host key type|key exchange method|cipher|mac)|no mutual signature/i,
    code: 'BmcUnsupported',
    hint: 'its SSH is old: set spec.bmc.parameters.legacyAlgorithms to "true", or update its firmware',
  },
  { pattern: /permission denied|too many authentication failures/i, code: 'BmcAuthenticationFailed' },
  {
    pattern: /invalid format|error in libcrypto|load key/i,
    code: 'BmcAuthenticationFailed',
    hint: 'sshPrivateKey is no private key',
  },
  {
    pattern:
      /refused|timed out|no route|unreachable|could not resolve|reset by|closed|broken pipe|not known/i,
    code: 'BmcUnreachable',
    retryable: true,
  },
];

/**
 * The error behind an ssh that did not run its command to the end.
 * @param code ssh's own exit status, the name of a system error, or of the signal that ended it
 * @param askedAgain the host has asked for the password a second time
 */
export function sshFault(
  code: number | string | undefined,
  said: string,
  askedAgain: boolean,
): CodedError<PowerErrorCode> {
  if (code === 'ENOENT') {
    return powerError('BmcUnsupported', 'ssh is not installed where the rack runs (package openssh-client)');
  }
  if (askedAgain) return powerError('BmcAuthenticationFailed', 'SSH: the host did not take the password');
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return powerError('BmcProtocolError', 'SSH: the answer has no end');
  }
  const seen = `SSH: ${said.replaceAll(/\s+/g, ' ').slice(0, 300) || `no answer in time (${code})`}`;
  for (const { pattern, code: reason, retryable = false, hint } of complaints) {
    if (pattern.test(said)) {
      return powerError(reason, hint === undefined ? seen : `${seen} (${hint})`, { retryable });
    }
  }
  return powerError(said === '' ? 'BmcUnreachable' : 'BmcProtocolError', seen, { retryable: true });
}
