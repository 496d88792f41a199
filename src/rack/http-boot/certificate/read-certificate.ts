import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { authorityPin, isHostName, type SecureApi } from '../../../domain/boot/secure-api.ts';
import { type CodedError, messageOf } from '../../../errors/coded-error.ts';
import type { Secret } from '../../../kube/core-resources.ts';
import { type CertificateErrorCode, certificateError } from './errors.ts';

/** A certificate that HTTPS can be served with. */
export interface ServingCertificate {
  /** The certificate, and those that lead to its issuer, in PEM. */
  cert: string;
  /** PEM. Never logged, never written anywhere. */
  key: string;
  leaf: X509Certificate;
  /** Who signed the last of them; that one itself where the Secret does not say. What agents trust. */
  authority: X509Certificate;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
}

/**
 * Reads a Secret of type `kubernetes.io/tls`, and tries whether TLS can be spoken with it.
 *
 * @throws CertificateMissing or CertificateInvalid
 */
export function readCertificate(secret: Secret | undefined, name: string): ServingCertificate {
  if (secret === undefined) throw certificateError('CertificateMissing', `there is no Secret ${name}`);
  const [cert, key] = ['tls.crt', 'tls.key'].map((entry) => {
    const value = secret.data?.[entry];
    if (value === undefined || value === '')
      throw certificateError('CertificateInvalid', `the Secret ${name} has no ${entry}`);
    return Buffer.from(value, 'base64').toString();
  });
  if (cert === undefined || key === undefined) throw certificateError('CertificateMissing', name);
  const leaf = attempt(name, 'tls.crt', () => new X509Certificate(cert));
  const privateKey = attempt(name, 'tls.key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey))
    throw certificateError('CertificateInvalid', `tls.key of the Secret ${name} is of another certificate`);
  attempt(name, 'tls.crt', () => createSecureContext({ cert, key }));
  const authority = authorityOf(cert, secret.data?.['ca.crt']) ?? leaf;
  const [notBefore, notAfter] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  return { cert, key, leaf, authority, notBefore, notAfter };
}

/** The first certificate of `ca.crt` that signed the end of the chain, or that end. */
function authorityOf(chain: string, base64: string | undefined): X509Certificate | undefined {
  const last = certificatesIn(chain).at(-1);
  const known = certificatesIn(Buffer.from(base64 ?? '', 'base64').toString());
  return known.find((issuer) => last?.checkIssued(issuer) && last.verify(issuer.publicKey)) ?? last;
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      // What else is in a bundle of authorities is nobody's fault here.
      return [];
    }
  });
}

/**
 * What an agent that was booted from `host` needs to know of the certificate.
 *
 * @returns undefined when it bears neither that address nor a name
 */
export function secureApiOf(
  { leaf, authority }: Pick<ServingCertificate, 'leaf' | 'authority'>,
  host: string,
  port: number,
): SecureApi | undefined {
  const pin = { port, authority: authorityPin(authority) };
  if (leaf.checkIP(host) !== undefined) return pin;
  const names = [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name);
  const name = names.find(isHostName);
  return name === undefined ? undefined : { ...pin, name };
}

/** What OpenSSL says of a key tells nothing of the key itself. */
function attempt<T>(name: string, entry: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw certificateError('CertificateInvalid', `${entry} of the Secret ${name}: ${messageOf(error)}`);
  }
}

/** What a person should know of a certificate that is served. */
export interface CertificateJudgement {
  fault: CodedError<CertificateErrorCode> | undefined;
  /** `the certificate is valid until 2027-01-01T00:00:00.000Z`. */
  message: string;
}

/** Certificates are renewed when a third of their life is left; a fifth says that nobody does. */
const lateShare = 0.2;

/** @param addresses IP addresses by which firmware is sent here */
export function judgeCertificate(
  { leaf, notBefore, notAfter }: ServingCertificate,
  addresses: readonly string[],
  now: number,
): CertificateJudgement {
  const until = new Date(notAfter).toISOString();
  const unnamed = addresses.filter((address) => leaf.checkIP(address) === undefined);
  const judge = (code: CertificateErrorCode, seen: string): CertificateJudgement => {
    const fault = certificateError(code, seen);
    return { fault, message: fault.message };
  };
  if (now >= notAfter) return judge('CertificateExpired', `the certificate was valid until ${until}`);
  if (now < notBefore)
    return judge(
      'CertificateNotYetValid',
      `the certificate is valid from ${new Date(notBefore).toISOString()}`,
    );
  if (unnamed.length > 0)
    return judge('CertificateWrongName', `the certificate does not name ${unnamed.join(', ')}`);
  const late = notAfter - now < (notAfter - notBefore) * lateShare;
  const days = Math.floor((notAfter - now) / 86_400_000);
  const warning = late ? `, ${days} days from now, and nobody has renewed it` : '';
  return { fault: undefined, message: `the certificate is valid until ${until}${warning}` };
}
