import { DecodeError } from '../../errors/decode-error.ts';
import { byteOf, type IpmiRequest } from './message.ts';

/** Group extension of IPMI that is defined by the Redfish host interface (DSP0270, section "Credential bootstrapping via IPMI"). */
const groupExtension = 0x2c;
const redfishGroup = 0x52;

/** Get Manager Certificate Fingerprint, of the first certificate. */
export const getCertificateFingerprint: IpmiRequest = {
  netFn: groupExtension,
  command: 0x01,
  data: Uint8Array.of(redfishGroup, 1),
};

/** Get Bootstrap Account Credentials; more of them may be had later. */
export const getBootstrapCredentials: IpmiRequest = {
  netFn: groupExtension,
  command: 0x02,
  data: Uint8Array.of(redfishGroup, 0xa5),
};

/** An account that lives until the machine or the BMC is reset, and serves on the host interface alone. */
export interface BootstrapCredentials {
  username: string;
  password: string;
}

/** Group, then 16 bytes of user name and 16 of password. @throws DecodeError */
export function decodeBootstrapCredentials(data: Uint8Array): BootstrapCredentials {
  const what = 'bootstrap credentials';
  if (byteOf(data, 0, what) !== redfishGroup) throw new DecodeError(`${what}: of another group`);
  if (data.length < 33) throw new DecodeError(`${what}: ${data.length} bytes where 33 are needed`);
  const username = text(data.subarray(1, 17));
  const password = text(data.subarray(17, 33));
  if (username === '' || password === '') throw new DecodeError(`${what}: a name or password is empty`);
  return { username, password };
}

/** Group, 1 for SHA-256, and the hash: lower-case hex. @throws DecodeError */
export function decodeCertificateFingerprint(data: Uint8Array): string {
  const what = 'certificate fingerprint';
  if (byteOf(data, 0, what) !== redfishGroup || byteOf(data, 1, what) !== 1)
    throw new DecodeError(`${what}: no SHA-256`);
  if (data.length !== 34) throw new DecodeError(`${what}: ${data.length} bytes where 34 are needed`);
  return Array.from(data.subarray(2), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function text(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes).replace(/\0.*$/s, '');
}
