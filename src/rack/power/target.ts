import type { Machine } from '../../api/machine/schema.ts';
import type { KubeClient } from '../../kube/client.ts';
import { secrets } from '../../kube/core-resources.ts';
import type { PowerTarget } from './driver.ts';
import type { PowerDriverName } from './drivers.ts';
import { powerError } from './errors.ts';

/**
 * A machine's BMC with its credentials, read anew each time so that a changed Secret takes effect and none stays in memory.
 *
 * @returns undefined for a machine that is powered by hand
 * @throws CodedError<PowerErrorCode> BmcAuthenticationFailed when the Secret is missing or incomplete
 */
export async function readPowerTarget(
  machine: Machine,
  client: Pick<KubeClient, 'get'>,
  namespace: string,
): Promise<{ driver: PowerDriverName; target: PowerTarget } | undefined> {
  const { bmc } = machine.spec;
  if (bmc === undefined || bmc.driver === 'manual') return undefined;
  const { address, credentialsSecret } = bmc;
  if (address === undefined || credentialsSecret === undefined) return undefined;
  const secret = await client.get(secrets, credentialsSecret, namespace);
  const text = (key: string): string | undefined => {
    const value = secret?.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
  };
  const username = text('username');
  const password = text('password');
  if (username === undefined || password === undefined) {
    const seen = secret === undefined ? 'is missing' : 'lacks username or password';
    throw powerError('BmcAuthenticationFailed', `Secret ${namespace}/${credentialsSecret} ${seen}`);
  }
  const bmcKey = secret?.data?.bmcKey;
  return {
    driver: bmc.driver,
    target: {
      address,
      username,
      password,
      ...(bmcKey === undefined ? {} : { bmcKey: Buffer.from(bmcKey, 'base64') }),
      bootMode: machine.spec.bootMode ?? machine.status?.hardware?.firmware ?? 'UEFI',
      parameters: bmc.parameters ?? {},
      ...(bmc.tls === undefined ? {} : { tls: definedParts(bmc.tls) }),
    },
  };
}

function definedParts(
  tls: NonNullable<NonNullable<Machine['spec']['bmc']>['tls']>,
): NonNullable<PowerTarget['tls']> {
  return {
    ...(tls.fingerprint === undefined ? {} : { fingerprint: tls.fingerprint }),
    ...(tls.caBundle === undefined ? {} : { caBundle: tls.caBundle }),
    ...(tls.insecureSkipVerify === undefined ? {} : { insecureSkipVerify: tls.insecureSkipVerify }),
  };
}
