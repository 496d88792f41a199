import { CodedError, type CodedErrorOptions } from '../../../errors/coded-error.ts';

/** Everything that can be wrong with the certificate of HTTPS. The code is the reason of the condition `HttpsServing`. */
export const certificateErrors = {
  CertificateMissing: 'make the Secret of METALWRIGHT_TLS_SECRET, as by a Certificate of cert-manager',
  CertificateInvalid:
    'the Secret must be of type kubernetes.io/tls, with tls.crt and tls.key in PEM that belong together',
  CertificateExpired: 'firmware refuses it: renew it',
  CertificateNotYetValid: 'firmware refuses it: check the clocks of this node and of its issuer',
  CertificateWrongName: 'firmware refuses it: the certificate must name the IP address of the rack',
} as const;

export type CertificateErrorCode = keyof typeof certificateErrors;

/** @param seen what was observed, in words; the advice of the table is added. */
export function certificateError(
  code: CertificateErrorCode,
  seen: string,
  options?: CodedErrorOptions,
): CodedError<CertificateErrorCode> {
  return new CodedError(code, `${seen}: ${certificateErrors[code]}`, options);
}
