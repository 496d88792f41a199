import {
  decodeChannelAccess,
  getChannelAccess,
  getChannelInfo,
  isLanChannel,
  openChannelAccess,
  possibleLanChannels,
  type Setting,
  setBmcKey,
} from '../../domain/ipmi/channels.ts';
import {
  decodeCipherPrivileges,
  decodeCipherSuites,
  decodeLanAddress,
  encodeCipherPrivileges,
  getLanParameter,
  lanParameters,
  onlyTheseSuites,
  parameterData,
  setLanParameter,
} from '../../domain/ipmi/lan.ts';
import { appRequest, completionWords, type IpmiRequest } from '../../domain/ipmi/message.ts';
import {
  allowUser,
  decodeUserAccess,
  decodeUserName,
  enableUser,
  getUserAccess,
  getUserName,
  type PasswordSize,
  passwordSizes,
  setUserName,
  setUserPassword,
  testUserPassword,
} from '../../domain/ipmi/users.ts';
import { bmcSetupError } from './errors.ts';
import type { SendIpmi } from './ipmitool.ts';
import type { BmcSecrets, LocalBmc } from './local-bmc.ts';
import type { BmcSetupOrder } from './messages.ts';

type Order = Pick<BmcSetupOrder, 'user' | 'privilege' | 'cipherSuites'>;

/** The slot of a user; a new one has no name yet. */
interface Slot {
  user: number;
  isNew: boolean;
}

/**
 * The BMC behind the system interface, by IPMI.
 *
 * @throws CodedError<BmcSetupFailure> when it cannot be reached over a LAN, or has no room for the user; and what `send` throws
 */
export async function findIpmiBmc(send: SendIpmi, order: Order): Promise<LocalBmc> {
  await need(send, appRequest(0x01), 'Get Device ID');
  const { channel, address } = await findLan(send);
  const slot = await findSlot(send, channel, order.user);
  return {
    driver: 'ipmi',
    address,
    passwordLengths: passwordSizes,
    apply: (secrets) => apply(send, channel, slot, secrets, order),
  };
}

/**
 * Leaves the BMC's LAN channel the wanted cipher suites alone. Never throws: what is not there is not open.
 *
 * @returns what a person should know when the suites are not as configured
 */
export async function narrowIpmi(send: SendIpmi, suites: readonly number[]): Promise<string | undefined> {
  try {
    const { channel } = await findLan(send);
    return await restrictSuites(send, channel, suites);
  } catch {
    return undefined;
  }
}

/** The first LAN channel with an address. */
async function findLan(send: SendIpmi): Promise<{ channel: number; address: string }> {
  let channels = 0;
  for (const channel of possibleLanChannels) {
    const info = await ask(send, getChannelInfo(channel));
    if (info === undefined || !isLanChannel(info)) continue;
    channels += 1;
    const parameter = await ask(send, getLanParameter(channel, lanParameters.address));
    const address = parameter === undefined ? undefined : decodeLanAddress(parameterData(parameter));
    if (address !== undefined) return { channel, address };
  }
  throw bmcSetupError(
    'BmcHasNoAddress',
    channels === 0 ? 'the BMC has no LAN channel' : `no IPv4 address on the BMC's ${channels} LAN channel(s)`,
  );
}

/** The user's own slot, or a free one: without a name and not enabled. User 1 is everybody's. */
async function findSlot(send: SendIpmi, channel: number, name: string): Promise<Slot> {
  const first = await need(send, getUserAccess(channel, 1), 'Get User Access');
  const { maxUsers, fixedNames } = decodeUserAccess(first);
  let free: number | undefined;
  for (let user = 2; user <= maxUsers; user += 1) {
    const answer = await ask(send, getUserName(user));
    const found = answer === undefined ? '' : decodeUserName(answer).trim();
    if (found === name) return { user, isNew: false };
    if (found !== '' || free !== undefined || user <= fixedNames) continue;
    const access = await ask(send, getUserAccess(channel, user));
    if (access === undefined || decodeUserAccess(access).enabled !== 'Enabled') free = user;
  }
  if (free !== undefined) return { user: free, isNew: true };
  throw bmcSetupError('BmcHasNoRoomForUser', `all ${maxUsers} users of the BMC are taken`);
}

async function apply(
  send: SendIpmi,
  channel: number,
  { user, isNew }: Slot,
  { username, password, bmcKey }: BmcSecrets,
  { privilege, cipherSuites }: Order,
): Promise<readonly string[] | 'PasswordRefused'> {
  if (isNew) await need(send, setUserName(user, username), 'Set User Name');
  const size: PasswordSize = password.length > 16 ? 20 : 16;
  const set = await send(setUserPassword(user, password, size));
  if (set.completionCode !== 0 && size === 20) return 'PasswordRefused';
  if (set.completionCode !== 0) throw refused('Set User Password', set.completionCode);
  const kept = await whatIsKept(send, user, password, size);
  if (kept !== 'All' && size === 20) return 'PasswordRefused';
  if (kept === 'Another')
    throw bmcSetupError('BmcRefusedSetup', 'the BMC took the password and then denied it');

  const notes: string[] = [];
  await need(send, allowUser(channel, user, privilege), 'Set User Access');
  await need(send, enableUser(user), 'Set User Password, enable');
  await openChannel(send, channel, privilege);
  const suites = await restrictSuites(send, channel, cipherSuites.map(Number));
  if (suites !== undefined) notes.push(suites);
  if (bmcKey !== undefined) {
    const key = setBmcKey(channel, new TextEncoder().encode(bmcKey));
    await need(send, key, 'Set Channel Security Keys, K_g');
  }
  return notes;
}

/**
 * Whether the BMC has the whole password. Some keep 16 bytes of 20 and say nothing of it, and then take whatever begins the same, or
 * anything, for the password: where a wrong one passes the test, or there is none, nobody can know.
 */
async function whatIsKept(
  send: SendIpmi,
  user: number,
  password: string,
  size: PasswordSize,
): Promise<'All' | 'Another' | 'Unknown'> {
  const { completionCode } = await send(testUserPassword(user, password, size));
  if (completionCode === 0x80 || completionCode === 0x81) return 'Another';
  if (completionCode !== 0) return 'Unknown';
  const wrong = `${password.slice(0, -1)}${password.endsWith('a') ? 'b' : 'a'}`;
  const other = await send(testUserPassword(user, wrong, size));
  return other.completionCode === 0 ? 'Unknown' : 'All';
}

/** Messages over the LAN are taken, also while the machine is off, now and after a loss of power. */
async function openChannel(send: SendIpmi, channel: number, privilege: Order['privilege']): Promise<void> {
  for (const setting of ['NonVolatile', 'Volatile'] as const satisfies readonly Setting[]) {
    const before = await ask(send, getChannelAccess(channel, setting));
    const access = before === undefined ? undefined : decodeChannelAccess(before);
    const start = access ?? { mode: 'Disabled', flags: 0, privilege: 4 };
    await need(send, openChannelAccess(channel, setting, start, privilege), 'Set Channel Access');
  }
}

/** @returns what a person should know when the suites are not as configured */
async function restrictSuites(
  send: SendIpmi,
  channel: number,
  wanted: readonly number[],
): Promise<string | undefined> {
  const read = async (parameter: number): Promise<Uint8Array | undefined> => {
    const answer = await ask(send, getLanParameter(channel, parameter));
    return answer === undefined ? undefined : parameterData(answer);
  };
  const count = await read(lanParameters.cipherSuiteCount);
  const entries = await read(lanParameters.cipherSuites);
  const present = await read(lanParameters.cipherPrivileges);
  if (count === undefined || entries === undefined || present === undefined)
    return 'the BMC does not tell its cipher suites: they stay as they are';
  const suites = decodeCipherSuites(count, entries);
  const levels = onlyTheseSuites(suites, wanted);
  if (levels === undefined)
    return `the BMC has cipher suites ${suites.join(', ')} and none of ${wanted.join(', ')}: they stay as they are`;
  const now = decodeCipherPrivileges(present);
  if (suites.every((_, index) => now[index] === levels[index])) return undefined;
  const parameter = lanParameters.cipherPrivileges;
  const set = await send(setLanParameter(channel, parameter, encodeCipherPrivileges(levels)));
  if (set.completionCode === 0) return undefined;
  const open = suites.filter((suite, index) => !wanted.includes(suite) && now[index] !== 0);
  return `the BMC refuses to restrict its cipher suites (${completionWords(set.completionCode)}): ${open.join(', ')} stay open`;
}

/** The data of an answer; undefined when the BMC refuses. */
async function ask(send: SendIpmi, request: IpmiRequest): Promise<Uint8Array | undefined> {
  const { completionCode, data } = await send(request);
  return completionCode === 0 ? data : undefined;
}

async function need(send: SendIpmi, request: IpmiRequest, what: string): Promise<Uint8Array> {
  const { completionCode, data } = await send(request);
  if (completionCode !== 0) throw refused(what, completionCode);
  return data;
}

function refused(what: string, completionCode: number): Error {
  return bmcSetupError('BmcRefusedSetup', `${what}: ${completionWords(completionCode)}`);
}
