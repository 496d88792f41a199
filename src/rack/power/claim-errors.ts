import { CodedError } from '../../errors/coded-error.ts';

/** Why a rack stops carrying out a power request: neither is a fault of the BMC. */
export const claimErrors = {
  PowerClaimLost: 'the request was taken over by another rack, replaced or withdrawn',
  RackNotCurrent: 'this rack has not renewed its Lease: another may have taken the request over',
} as const;

export type ClaimErrorCode = keyof typeof claimErrors;

/** @param seen what was observed, in words; the explanation of the table is added. */
export function claimError(code: ClaimErrorCode, seen: string): CodedError<ClaimErrorCode> {
  return new CodedError(code, `${seen}: ${claimErrors[code]}`, { retryable: true });
}

export function isClaimError(thrown: unknown): thrown is CodedError<ClaimErrorCode> {
  return thrown instanceof CodedError && Object.hasOwn(claimErrors, thrown.code);
}
