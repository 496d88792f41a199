import { appRequest, byteOf, type IpmiRequest, padded } from './message.ts';
import { type UserPrivilege, userPrivileges } from './users.ts';

/** Channels that may be a LAN (IPMI 2.0, section 6.3): 0 is IPMB, 0xf the system interface. */
export const possibleLanChannels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;

/** Get Channel Info (section 22.24). */
export function getChannelInfo(channel: number): IpmiRequest {
  return appRequest(0x42, channel & 0x0f);
}

/** Whether the medium is 802.3 LAN (table 6-3). @throws DecodeError */
export function isLanChannel(data: Uint8Array): boolean {
  return (byteOf(data, 1, 'channel info') & 0x7f) === 0x04;
}

/** What Get Channel Access says. */
export interface ChannelAccess {
  mode: 'Disabled' | 'PreBoot' | 'Always' | 'Shared';
  /** The other bits of the mode's byte, kept as they are. */
  flags: number;
  /** Highest privilege of the channel, 0 to 15. */
  privilege: number;
}

const modes = ['Disabled', 'PreBoot', 'Always', 'Shared'] as const;

/** Which of the two settings of a channel: what is in force, or what comes back after a loss of power. */
export type Setting = 'Volatile' | 'NonVolatile';
const selectors = { NonVolatile: 0x40, Volatile: 0x80 } as const;

/** Get Channel Access (section 22.23). */
export function getChannelAccess(channel: number, setting: Setting): IpmiRequest {
  return appRequest(0x41, channel & 0x0f, selectors[setting]);
}

/** @throws DecodeError */
export function decodeChannelAccess(data: Uint8Array): ChannelAccess {
  const access = byteOf(data, 0, 'channel access');
  return {
    mode: modes[access & 0x07] ?? 'Shared',
    flags: access & 0x38,
    privilege: byteOf(data, 1, 'channel access') & 0x0f,
  };
}

/**
 * Set Channel Access (section 22.22): always available, messages and users authenticated, up to this privilege. Of the flags only
 * "alerting disabled" stays as it was.
 */
export function openChannelAccess(
  channel: number,
  setting: Setting,
  before: ChannelAccess,
  privilege: UserPrivilege,
): IpmiRequest {
  const limit = Math.max(
    userPrivileges[privilege],
    before.privilege >= 1 && before.privilege <= 4 ? before.privilege : 0,
  );
  const select = selectors[setting];
  return appRequest(0x40, channel & 0x0f, select | (before.flags & 0x20) | 0x02, select | limit);
}

/** Longest K_g, in bytes. */
export const longestBmcKey = 20;

/** Set Channel Security Keys (section 22.25), operation set, of K_g: the BMC key. @throws RangeError when it is longer */
export function setBmcKey(channel: number, key: Uint8Array): IpmiRequest {
  return appRequest(0x56, channel & 0x0f, 0x01, 0x01, ...padded(key, longestBmcKey));
}
