/**
 * What agent and rack say about the BMC. The types are the contract's; its schemas stay out of the agent's bundle, so what the
 * rack answers is read by hand.
 */
import type { BmcCredentials, BmcOfferAnswer, BmcSetupOrder, BmcStageReport } from '../../api/bmc/setup.ts';
import type { HttpAnswer } from '../rack/http.ts';

export type { BmcCredentials, BmcOfferAnswer, BmcSetupOrder, BmcStageReport };

/** The order in an Inventory task; empty when there is none, or one that makes no sense. */
export function readBmcOrder(value: unknown): { bmc?: BmcSetupOrder } {
  const { publicKey, machine, machineUid, generation, user, privilege, cipherSuites, bmcKey, driver } =
    fields(value);
  if (typeof publicKey !== 'string' || typeof machine !== 'string' || typeof machineUid !== 'string')
    return {};
  if (typeof generation !== 'number' || typeof user !== 'string' || typeof bmcKey !== 'boolean') return {};
  if (privilege !== 'Operator' && privilege !== 'Administrator') return {};
  const suites = Array.isArray(cipherSuites) ? cipherSuites.filter(isSuite) : [];
  if (suites.length === 0) return {};
  const bound = { publicKey, machine, machineUid, generation };
  const by: Pick<BmcSetupOrder, 'driver'> = driver === 'ipmi' || driver === 'redfish' ? { driver } : {};
  return { bmc: { ...bound, ...by, user, privilege, bmcKey, cipherSuites: suites } };
}

function isSuite(value: unknown): value is BmcSetupOrder['cipherSuites'][number] {
  return value === '17' || value === '3';
}

/** Undefined: the answer is something else. */
export function readOfferAnswer({ status, body }: HttpAnswer): BmcOfferAnswer | undefined {
  const { state, message } = fields(body);
  if (status >= 300 || !isState(state)) return undefined;
  return { state, ...(typeof message === 'string' ? { message } : {}) };
}

const states = ['Waiting', 'Stored', 'Done', 'Refused', 'Failed'] as const;

function isState(value: unknown): value is BmcOfferAnswer['state'] {
  return states.some((state) => state === value);
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
