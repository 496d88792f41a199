import { effectiveBmc } from '../../api/bmc/effective.ts';
import type { BmcSetupOrder } from '../../api/bmc/setup.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';

/** How BMCs are set up unless a Machine says otherwise. */
export interface BmcSetupPolicy
  extends Pick<BmcSetupOrder, 'user' | 'privilege' | 'cipherSuites' | 'bmcKey'> {
  /** Set up the BMCs of machines that enlisted themselves and whose BMC nobody described. */
  enabled: boolean;
  /** Another password after so many days; 0: never. */
  rotateAfterDays: number;
}

/** What the machine controller needs to order a set-up. */
export interface BmcSetupMeans {
  policy: BmcSetupPolicy;
  /** The operator's public key, raw X25519 in base64url. */
  publicKey: string;
}

/** Whether the BMC of this machine is set up when it is commissioned. */
export function wantsBmcSetup({ metadata, spec }: Machine, policy: BmcSetupPolicy): boolean {
  if (spec.bmcSetup !== undefined) return spec.bmcSetup.enabled;
  const enlisted = metadata.labels?.[names.enlistedBy] !== undefined;
  return policy.enabled && enlisted && spec.bmc === undefined;
}

/** What the agent is told; undefined: the BMC is left alone. */
export function bmcSetupOrder(
  machine: Machine,
  generation: number,
  { policy, publicKey }: BmcSetupMeans,
): BmcSetupOrder | undefined {
  if (!wantsBmcSetup(machine, policy)) return undefined;
  const { metadata, spec } = machine;
  const driver = spec.bmc?.driver;
  // What is made from within is a user of IPMI or Redfish: of no use where a person reaches the BMC by other means.
  if (driver !== undefined && driver !== 'ipmi' && driver !== 'redfish') return undefined;
  const { privilege, cipherSuites, bmcKey } = spec.bmcSetup ?? {};
  return {
    publicKey,
    machine: metadata.name,
    machineUid: metadata.uid ?? '',
    generation,
    user: policy.user,
    ...(driver === undefined ? {} : { driver }),
    privilege: privilege ?? policy.privilege,
    cipherSuites: cipherSuites ?? policy.cipherSuites,
    bmcKey: bmcKey ?? policy.bmcKey,
  };
}

/** Whether the machine is powered through credentials that Metalwright itself made. */
export function usesOwnCredentials(machine: Machine): boolean {
  const { bmc } = machine.status ?? {};
  return bmc !== undefined && effectiveBmc(machine)?.credentialsSecret === bmc.credentialsSecret;
}
