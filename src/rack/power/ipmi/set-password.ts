import { IpmiParameters } from '../../../api/bmc/ipmi.ts';
import {
  decodeUserAccess,
  decodeUserName,
  getUserAccess,
  getUserName,
  setUserPassword,
} from '../../../domain/ipmi/users.ts';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import type { Send, TrySend } from './connection.ts';
import { connectIpmi, type IpmiDeps } from './driver.ts';

/** The channel that the request comes over (IPMI 2.0, section 6.3). */
const presentChannel = 0x0e;

/**
 * Gives the user that `target` logs in as another password, over RMCP+, which hides it. Needs the privilege administrator.
 * @throws CodedError<PowerErrorCode>
 */
export async function setIpmiPassword(
  target: PowerTarget,
  password: string,
  deps: IpmiDeps,
  signal: AbortSignal,
): Promise<void> {
  const parameters = { ...IpmiParameters.parse(target.parameters), privilegeLevel: 'Administrator' } as const;
  const connection = connectIpmi(target, parameters, deps);
  try {
    await connection.use(async (send, trySend) => {
      const user = await findUser(target.username, send, trySend);
      const size = password.length > 16 ? 20 : 16;
      await send(setUserPassword(user, password, size), 'Set User Password');
    }, signal);
  } finally {
    await connection.close();
  }
}

async function findUser(name: string, send: Send, trySend: TrySend): Promise<number> {
  const { maxUsers } = decodeUserAccess(await send(getUserAccess(presentChannel, 1), 'Get User Access'));
  for (let user = 2; user <= maxUsers; user += 1) {
    const answer = await trySend(getUserName(user), 'Get User Name');
    if (answer !== undefined && decodeUserName(answer).trim() === name) return user;
  }
  throw powerError('BmcUnsupported', `the BMC does not list its user ${name}`);
}
