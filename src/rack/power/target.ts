import { bmcDrivers } from '../../api/bmc/drivers.ts';
import { effectiveBmc } from '../../api/bmc/effective.ts';
import type { Bmc } from '../../api/bmc/schema.ts';
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
  const bmc = effectiveBmc(machine);
  if (bmc === undefined) return undefined;
  const bootMode = machine.spec.bootMode ?? machine.status?.hardware?.firmware ?? 'UEFI';
  return await readBmcTarget(bmc, bootMode, client, namespace);
}

/** As `readPowerTarget`, for a BMC that is no machine's: the manager of a chassis. */
export async function readBmcTarget(
  bmc: Bmc,
  bootMode: PowerTarget['bootMode'],
  client: Pick<KubeClient, 'get'>,
  namespace: string,
): Promise<{ driver: PowerDriverName; target: PowerTarget } | undefined> {
  if (bmc.driver === 'manual') return undefined;
  const { driver, address, credentialsSecret, parameters = {} } = bmc;
  if (address === undefined) return undefined;
  const secret =
    credentialsSecret === undefined ? {} : await readSecret(credentialsSecret, client, namespace);
  const missing = bmcDrivers[driver].secret.required.filter((key) => secret[key] === undefined);
  if (missing.length > 0) {
    const where =
      credentialsSecret === undefined
        ? 'spec.bmc.credentialsSecret is missing: it'
        : `Secret ${namespace}/${credentialsSecret}`;
    throw powerError('BmcAuthenticationFailed', `${where} lacks ${missing.join(' and ')}`);
  }
  const { username = '', password = '', bmcKey } = secret;
  return {
    driver,
    target: {
      ...{ address, username, password, secret, parameters },
      // Bytes, which need not be a text.
      ...(bmcKey === undefined ? {} : { bmcKey: Buffer.from(bmcKey, 'latin1') }),
      bootMode,
      ...(bmc.tls === undefined ? {} : { tls: definedParts(bmc.tls) }),
    },
  };
}

/** The texts of a Secret; a BMC key is bytes, one a character. */
async function readSecret(
  name: string,
  client: Pick<KubeClient, 'get'>,
  namespace: string,
): Promise<Record<string, string>> {
  const secret = await client.get(secrets, name, namespace);
  if (secret === undefined) {
    throw powerError('BmcAuthenticationFailed', `Secret ${namespace}/${name} is missing`);
  }
  const texts = Object.entries(secret.data ?? {}).map(([key, value]) => {
    const bytes = Buffer.from(value, 'base64');
    return [key, bytes.toString(key === 'bmcKey' ? 'latin1' : 'utf8')];
  });
  return Object.fromEntries(texts);
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
