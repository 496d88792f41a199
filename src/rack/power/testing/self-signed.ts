import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that its own key has signed, made anew at each call. */
export interface SelfSigned {
  /** PEM. */
  key: string;
  /** PEM. */
  cert: string;
  /** SHA-256 of the certificate, lower-case hex. */
  fingerprint: string;
}

const ecdsaWithSha256 = tlv(0x30, oid('2a8648ce3d040302'));

/**
 * X.509 version 3 (RFC 5280) with a P-256 key, for 127.0.0.1, valid from a day ago until tomorrow.
 *
 * @param names of DNS, for which it is as well
 */
export function selfSigned(names: readonly string[] = []): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = 86_400_000;
  const name = tlv(0x30, tlv(0x31, tlv(0x30, oid('550403'), tlv(0x0c, Buffer.from('test BMC')))));
  const validity = tlv(0x30, utcTime(Date.now() - day), utcTime(Date.now() + day));
  const subjects = [tlv(0x87, Buffer.of(127, 0, 0, 1)), ...names.map((dns) => tlv(0x82, Buffer.from(dns)))];
  const authority = tlv(0x30, tlv(0x01, Buffer.of(0xff)));
  const extensions = tlv(
    0xa3,
    tlv(
      0x30,
      tlv(0x30, oid('551d13'), tlv(0x01, Buffer.of(0xff)), tlv(0x04, authority)),
      tlv(0x30, oid('551d11'), tlv(0x04, tlv(0x30, ...subjects))),
    ),
  );
  const body = tlv(
    0x30,
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = tlv(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  const certificate = tlv(0x30, body, ecdsaWithSha256, signature);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    fingerprint: createHash('sha256').update(certificate).digest('hex'),
  };
}

function tlv(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`));
}
