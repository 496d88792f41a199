import { powerError } from '../errors.ts';
import type { RedfishClient } from './client.ts';
import { type RedfishResponse, statusError } from './faults.ts';
import { ActionInfo } from './resources.ts';
import type { FoundSystem } from './system.ts';

/** What the types of ComputerSystem.Reset are wanted for, best first. None of them restarts a machine that runs. */
const resetTypes = {
  On: ['On', 'ForceOn'],
  Off: ['ForceOff'],
  SoftOff: ['GracefulShutdown'],
} as const;

/** What a reset is to bring about. */
export type WantedPower = keyof typeof resetTypes;

/**
 * ComputerSystem.Reset (DSP0268) with a type that the BMC allows.
 * @returns its answer, which may name a task. @throws CodedError<PowerErrorCode>
 */
export async function reset(
  client: RedfishClient,
  found: FoundSystem,
  wanted: WantedPower,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const action = found.system.Actions?.['#ComputerSystem.Reset'];
  const allowed =
    action?.['ResetType@Redfish.AllowableValues'] ??
    (await allowedByInfo(client, action?.['@Redfish.ActionInfo'], signal));
  const type = chooseResetType(wanted, allowed);
  const link = action?.target ?? `${found.path.replace(/\/$/, '')}/Actions/ComputerSystem.Reset`;
  const response = await client.request({ method: 'POST', link, json: { ResetType: type } }, signal);
  if (response.status >= 300) throw statusError(response, `Reset ${type}`);
  return response;
}

/** @param allowed undefined when the BMC does not say. @throws CodedError<PowerErrorCode> BmcUnsupported */
export function chooseResetType(wanted: WantedPower, allowed: readonly string[] | undefined): string {
  const types: readonly string[] = resetTypes[wanted];
  const [first = ''] = types;
  if (allowed === undefined || allowed.length === 0) return first;
  const type = types.find((known) => allowed.includes(known));
  if (type !== undefined) return type;
  throw powerError('BmcUnsupported', `power ${wanted}: the BMC allows only ${allowed.join(', ')}`);
}

async function allowedByInfo(
  client: RedfishClient,
  link: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (link === undefined) return undefined;
  const { resource } = await client.get(link, ActionInfo, signal);
  return resource.Parameters?.find((parameter) => parameter.Name === 'ResetType')?.AllowableValues;
}
