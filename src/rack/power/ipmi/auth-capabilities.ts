import { byteAt } from './bytes.ts';
import { type IpmiRequest, netFn } from './lan-message.ts';

/** Privilege levels (IPMI 2.0, table 6-1 and 22-16). */
export const privilegeLevels = { User: 2, Operator: 3, Administrator: 4 } as const;
export type PrivilegeLevel = keyof typeof privilegeLevels;

const thisChannel = 0x0e;
const askForIpmi2 = 0x80;

/** Get Channel Authentication Capabilities (table 22-15). */
export function authCapabilitiesRequest(privilege: PrivilegeLevel): IpmiRequest {
  return {
    netFn: netFn.app,
    command: 0x38,
    data: Uint8Array.of(askForIpmi2 | thisChannel, privilegeLevels[privilege]),
  };
}

export interface AuthCapabilities {
  /** The BMC speaks RMCP+ on this channel. */
  ipmi2: boolean;
  /** The BMC says that a BMC key (K_g) is set. Some that have one do not say so. */
  keySet: boolean;
}

/** @param data of the response, behind the completion code. @throws DecodeError */
export function decodeAuthCapabilities(data: Uint8Array): AuthCapabilities {
  const types = byteAt(data, 1, 'authentication capabilities');
  const status = byteAt(data, 2, 'authentication capabilities');
  const extended = data[3] ?? 0;
  return { ipmi2: (types & 0x80) !== 0 && (extended & 0x02) !== 0, keySet: (status & 0x20) !== 0 };
}
