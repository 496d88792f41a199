import { CodedError, type CodedErrorOptions } from '../../errors/coded-error.ts';

/** Everything that can go wrong between a rack and a BMC. The code is the reason that a condition shows. */
export const powerErrors = {
  BmcUnreachable: 'no answer from the BMC: check its address, cable, VLAN and that its service is enabled',
  BmcAuthenticationFailed: 'the BMC refused the user name or password: check the credentials Secret',
  BmcPrivilegeTooLow: 'the BMC user may not do this: give it operator rights',
  BmcCipherRefused: 'the BMC offers neither cipher suite 17 nor 3: enable one of them',
  BmcKeyRefused: 'the BMC key (K_g) does not match: check the key in the credentials Secret',
  BmcBusy: 'the BMC is busy or has no free session',
  BmcTlsFailed: "the BMC's certificate is not trusted: set spec.bmc.tls",
  BmcProtocolError: 'the BMC answered with something that the protocol does not allow',
  BmcUnsupported: 'the BMC cannot do this',
  BmcSystemNotFound: 'the BMC has no such system: check spec.bmc.parameters',
  MediaUnavailable: 'the rack has no medium for the virtual drive: check its log and the ephemeral BootImage',
  PowerStateTimeout: 'the BMC took the command, but the machine never reached the wanted power state',
} as const;

export type PowerErrorCode = keyof typeof powerErrors;

/** @param seen what was observed, in words; the advice of the table is added. */
export function powerError(
  code: PowerErrorCode,
  seen: string,
  options?: CodedErrorOptions,
): CodedError<PowerErrorCode> {
  return new CodedError(code, `${seen}: ${powerErrors[code]}`, options);
}

/** Whether this is a fault of the BMC that a driver has named. */
export function isPowerError(thrown: unknown): thrown is CodedError<PowerErrorCode> {
  return thrown instanceof CodedError && Object.hasOwn(powerErrors, thrown.code);
}
