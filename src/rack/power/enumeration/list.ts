import type { Bmc } from '../../../api/bmc/schema.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { Logger } from '../../../log/logger.ts';
import type { BmcLock } from '../bmc-lock.ts';
import type { ChassisDrivers, ChassisNode } from '../chassis.ts';
import { censorFor, discreetLogger, discreetly } from '../discreet.ts';
import { powerError } from '../errors.ts';
import { readBmcTarget } from '../target.ts';

/** What listing needs. */
export interface ListDeps {
  client: Pick<KubeClient, 'get'>;
  /** Where the credentials are. */
  namespace: string;
  drivers: ChassisDrivers;
  lock: BmcLock;
  log: Logger;
}

/** The nodes of a chassis, as its manager lists them. What goes wrong shows no secret of it. @throws CodedError<PowerErrorCode> */
export async function listNodes(
  bmc: Bmc,
  deps: ListDeps,
  signal: AbortSignal,
): Promise<readonly ChassisNode[]> {
  const enumerate = deps.drivers[bmc.driver];
  const found = await readBmcTarget(bmc, 'UEFI', deps.client, deps.namespace);
  if (enumerate === undefined || found === undefined)
    throw powerError('BmcUnsupported', `driver ${bmc.driver} lists no nodes`);
  const { target } = found;
  const censor = censorFor(target);
  const own = { ...deps, log: discreetLogger(deps.log, censor) };
  return await discreetly(
    () => deps.lock.run(target.address, 'query', () => enumerate(target, own, signal), signal),
    censor,
  );
}
