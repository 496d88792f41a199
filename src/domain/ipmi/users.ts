import { appRequest, byteOf, type IpmiRequest, padded } from './message.ts';

/** Privilege levels of users and channels (IPMI 2.0, table 6-2). */
export const userPrivileges = { Callback: 1, User: 2, Operator: 3, Administrator: 4 } as const;
export type UserPrivilege = keyof typeof userPrivileges;

/** What Get User Access says of a channel and of one user on it. */
export interface UserAccess {
  /** Highest user id of the BMC, 1 to 63. */
  maxUsers: number;
  /** Ids from 1 on whose names cannot be changed. */
  fixedNames: number;
  enabled: 'Unknown' | 'Enabled' | 'Disabled';
  /** May log in over the channel. */
  messaging: boolean;
  /** 0 to 15; 15: no access. */
  privilege: number;
}

/** Get User Access (IPMI 2.0, section 22.27). */
export function getUserAccess(channel: number, user: number): IpmiRequest {
  return appRequest(0x44, channel & 0x0f, user & 0x3f);
}

/** @throws DecodeError */
export function decodeUserAccess(data: Uint8Array): UserAccess {
  const what = 'user access';
  const access = byteOf(data, 3, what);
  const enabled = byteOf(data, 1, what) >> 6;
  return {
    maxUsers: byteOf(data, 0, what) & 0x3f,
    fixedNames: byteOf(data, 2, what) & 0x3f,
    enabled: enabled === 1 ? 'Enabled' : enabled === 2 ? 'Disabled' : 'Unknown',
    messaging: (access & 0x10) !== 0,
    privilege: access & 0x0f,
  };
}

/** Set User Access (section 22.26): may log in over the channel, with at most this privilege, and not by link alone. */
export function allowUser(channel: number, user: number, privilege: UserPrivilege): IpmiRequest {
  return appRequest(0x43, 0x80 | 0x10 | (channel & 0x0f), user & 0x3f, userPrivileges[privilege]);
}

/** Get User Name (section 22.29). */
export function getUserName(user: number): IpmiRequest {
  return appRequest(0x46, user & 0x3f);
}

/** The name, empty for none; anything that is no printable ASCII is not ours. */
export function decodeUserName(data: Uint8Array): string {
  const end = data.indexOf(0);
  return new TextDecoder('latin1').decode(end === -1 ? data.subarray(0, 16) : data.subarray(0, end));
}

/** Set User Name (section 22.28): at most 16 ASCII characters. @throws RangeError when longer */
export function setUserName(user: number, name: string): IpmiRequest {
  return appRequest(0x45, user & 0x3f, ...padded(new TextEncoder().encode(name), 16));
}

/** Sizes of the field that Set User Password takes, in bytes: 16 is for BMCs that know no other. */
export const passwordSizes = [20, 16] as const;
export type PasswordSize = (typeof passwordSizes)[number];

/** Set User Password (section 22.30). @throws RangeError when the password does not fit */
export function setUserPassword(user: number, password: string, size: PasswordSize): IpmiRequest {
  return passwordRequest(user, 2, password, size);
}

/** The same command, which then only compares. Completion codes 0x80 and 0x81: another password is set. */
export function testUserPassword(user: number, password: string, size: PasswordSize): IpmiRequest {
  return passwordRequest(user, 3, password, size);
}

/** Set User Password, operation enable user (section 22.30). */
export function enableUser(user: number): IpmiRequest {
  return appRequest(0x47, user & 0x3f, 1);
}

function passwordRequest(user: number, operation: 2 | 3, password: string, size: PasswordSize): IpmiRequest {
  const bytes = padded(new TextEncoder().encode(password), size);
  return appRequest(0x47, (size === 20 ? 0x80 : 0) | (user & 0x3f), operation, ...bytes);
}
