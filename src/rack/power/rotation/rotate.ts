import { credentialStoreOf } from '../../../api/bmc/stored-credentials.ts';
import type { CredentialSet } from '../../../domain/bmc-credentials.ts';
import { CodedError } from '../../../errors/coded-error.ts';
import type { Logger } from '../../../log/logger.ts';
import type { BmcLock } from '../bmc-lock.ts';
import { censorFor, discreetLogger, discreetly } from '../discreet.ts';
import type { PowerTarget } from '../driver.ts';
import { openPowerDriver, type PowerDriverName } from '../drivers.ts';
import { isPowerError, powerError } from '../errors.ts';
import { setIpmiPassword } from '../ipmi/set-password.ts';
import { setRedfishPassword } from '../redfish/set-password.ts';

/** Sets another password for the user that the target logs in as. */
type SetPassword = (
  target: PowerTarget,
  password: string,
  deps: { log: Logger },
  signal: AbortSignal,
) => Promise<void>;

const setters: Partial<Record<PowerDriverName, SetPassword>> = {
  ipmi: setIpmiPassword,
  redfish: setRedfishPassword,
};

/** What rotating needs. */
export interface RotateDeps {
  lock: BmcLock;
  log: Logger;
  /** For tests. */
  openDriver?: typeof openPowerDriver;
  setters?: Partial<Record<PowerDriverName, SetPassword>>;
}

/**
 * Sets the credentials `id` of the Secret at the BMC, and logs in with them. Whichever of the Secret's credentials the BMC takes at the
 * moment serves; so to do it twice, or on two racks at once, ends as once does.
 *
 * @throws CodedError<PowerErrorCode>, and the signal's reason
 */
export async function rotateCredentials(
  found: { driver: PowerDriverName; target: PowerTarget },
  id: string,
  deps: RotateDeps,
  signal: AbortSignal,
): Promise<void> {
  const censor = censorFor(found.target);
  const log = discreetLogger(deps.log, censor);
  await discreetly(() => rotate(found, id, { ...deps, log }, signal), censor);
}

async function rotate(
  { driver, target }: { driver: PowerDriverName; target: PowerTarget },
  id: string,
  deps: RotateDeps,
  signal: AbortSignal,
): Promise<void> {
  const { current, candidates } = credentialStoreOf(target.secret);
  const all = [...candidates, ...(current === undefined ? [] : [current])];
  const wanted = all.find((one) => one.id === id);
  if (wanted === undefined)
    throw powerError('BmcAuthenticationFailed', `the Secret has no credentials ${id}`);
  const setPassword = (deps.setters ?? setters)[driver];
  if (setPassword === undefined) throw powerError('BmcUnsupported', `driver ${driver} sets no passwords`);
  const isTaken = (one: CredentialSet): Promise<boolean> =>
    logsIn(driver, withSet(target, one), deps, signal);
  if (await isTaken(wanted)) return;
  for (const one of [...(current === undefined ? [] : [current]), ...candidates]) {
    if (one === wanted || !(await isTaken(one))) continue;
    await deps.lock.run(
      target.address,
      'change',
      () => setPassword(withSet(target, one), wanted.password, deps, signal),
      signal,
    );
    if (await isTaken(wanted)) return;
    throw powerError('BmcProtocolError', 'the BMC took the new password and then refused it');
  }
  throw powerError('BmcAuthenticationFailed', 'the BMC takes none of the credentials in the Secret');
}

/** Whether the BMC takes the credentials; all else that goes wrong is thrown. */
async function logsIn(
  driver: PowerDriverName,
  target: PowerTarget,
  { openDriver = openPowerDriver, lock, log }: RotateDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const opened = openDriver(driver, target, lock, { log });
  try {
    await opened.status(signal);
    return true;
  } catch (error) {
    if (isPowerError(error) && (error.code === 'BmcAuthenticationFailed' || error.code === 'BmcKeyRefused'))
      return false;
    throw error;
  } finally {
    await opened.close();
  }
}

/** The target with one set of credentials, and no others to fall back on. */
function withSet(target: PowerTarget, { username, password, bmcKey }: CredentialSet): PowerTarget {
  const { bmcKey: _, ...rest } = target;
  const key = bmcKey === undefined ? {} : { bmcKey: Buffer.from(bmcKey, 'latin1') };
  return { ...rest, ...key, username, password, secret: { username, password } };
}

/** The reason for a status, of anything that went wrong with a BMC. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof CodedError ? thrown.code : 'BmcProtocolError';
}
