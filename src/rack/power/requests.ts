import { type Machine, machineKind, type PowerResult } from '../../api/machine/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { World } from '../world/world.ts';
import type { BmcLock } from './bmc-lock.ts';
import { decideClaim, stillOurs } from './claim.ts';
import { delay } from './delay.ts';
import type { PowerState } from './driver.ts';
import { openPowerDriver } from './drivers.ts';
import { executePowerRequest } from './executor.ts';
import type { PowerOutcome, PowerRequest, PowerStep, PowerTimings } from './steps.ts';
import { readPowerTarget } from './target.ts';

/** Of server-side apply, for `status.power.result` and `status.powerState`. */
const fieldManager = 'metalwright-rack-power';

export interface PowerRequestsDeps {
  client: KubeClient;
  world: Pick<World, 'machines'>;
  rackName: string;
  /** Where the credentials are. */
  namespace: string;
  isAlive(rack: string): boolean;
  lock: BmcLock;
  timings: PowerTimings;
  clock: Clock;
  log: Logger;
}

/**
 * Carries out the power requests that the operator wrote into machines. A request is claimed in the machine's status, with
 * its resource version, before anything is sent to a BMC; each step is recorded before its effect.
 */
export function createPowerRequests(deps: PowerRequestsDeps): Controller {
  const { world, rackName, isAlive } = deps;
  const controller = runController({
    name: 'power-requests',
    // Each waits for its own BMC nearly all the time.
    concurrency: 64,
    log: deps.log,
    async reconcile(name, signal) {
      const machine = world.machines.get(name);
      if (machine === undefined) return undefined;
      const decision = decideClaim(machine, rackName, isAlive);
      if (decision.kind === 'ignore') {
        const running = machine.status?.power?.result?.outcome === 'Running';
        return running ? { requeueAfterMs: 15_000 } : undefined;
      }
      await carryOut(machine, decision.request, decision.resumeFrom, deps, signal);
      return undefined;
    },
  });
  world.machines.onChange(({ type, object }) => {
    if (type !== 'Deleted' && object.status?.power?.request !== undefined)
      controller.enqueue(object.metadata.name);
  });
  return controller;
}

async function carryOut(
  machine: Machine,
  request: PowerRequest,
  resumeFrom: PowerStep | undefined,
  deps: PowerRequestsDeps,
  signal: AbortSignal,
): Promise<void> {
  const name = machine.metadata.name;
  const log = deps.log.child({ machine: name });
  const claim: PowerResult = {
    id: request.id,
    rack: deps.rackName,
    outcome: 'Running',
    startedAt: timestamp(deps.clock),
    ...(resumeFrom === undefined ? {} : { step: resumeFrom }),
  };
  try {
    await writeResult(machine, claim, machine.status?.powerState, deps);
  } catch (error) {
    // The machine has changed meanwhile: its next change brings it back here.
    if (isKubeError(error, 'Conflict', 'NotFound')) return;
    throw error;
  }
  const record = async (step: PowerStep): Promise<void> => {
    await update(name, request.id, deps, { ...claim, step });
  };
  const outcome = await attempt(machine, request, resumeFrom, record, deps, log, signal);
  await update(
    name,
    request.id,
    deps,
    {
      ...claim,
      outcome: outcome.outcome,
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      message: outcome.message.slice(0, 1024),
      finishedAt: timestamp(deps.clock),
    },
    outcome.state,
  );
}

async function attempt(
  machine: Machine,
  request: PowerRequest,
  resumeFrom: PowerStep | undefined,
  record: (step: PowerStep) => Promise<void>,
  deps: PowerRequestsDeps,
  log: Logger,
  signal: AbortSignal,
): Promise<PowerOutcome> {
  try {
    const found = await readPowerTarget(machine, deps.client, deps.namespace);
    if (found === undefined) {
      return {
        outcome: 'Failed',
        state: 'Unknown',
        reason: 'BmcUnsupported',
        message: 'the machine has no BMC',
      };
    }
    const driver = openPowerDriver(found.driver, found.target, deps.lock, { log });
    try {
      const { clock, timings } = deps;
      return await executePowerRequest(
        request,
        resumeFrom,
        driver,
        { clock, log, delay, record, timings },
        signal,
      );
    } finally {
      await driver.close();
    }
  } catch (error) {
    if (signal.aborted || isKubeError(error) || !(error instanceof CodedError)) throw error;
    log.warn({ reason: error.code }, messageOf(error));
    return { outcome: 'Failed', state: 'Unknown', reason: error.code, message: error.message };
  }
}

/** Writes on top of what is there now, as long as the claim is ours. */
async function update(
  name: string,
  requestId: string,
  deps: PowerRequestsDeps,
  result: PowerResult,
  state?: PowerState,
): Promise<void> {
  for (;;) {
    const machine = await deps.client.get(machineKind, name);
    if (machine === undefined || !stillOurs(machine.status?.power?.result, requestId, deps.rackName)) {
      throw new CodedError('PowerClaimLost', `power request ${requestId} was taken over by another rack`);
    }
    try {
      return await writeResult(machine, result, state ?? machine.status?.powerState, deps);
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}

async function writeResult(
  machine: Machine,
  result: PowerResult | undefined,
  powerState: PowerState | undefined,
  deps: Pick<PowerRequestsDeps, 'client'>,
): Promise<void> {
  const { name, resourceVersion, uid } = machine.metadata;
  const status = {
    ...(result === undefined ? {} : { power: { result } }),
    ...(powerState === undefined ? {} : { powerState }),
  };
  await deps.client.applyStatus(
    machineKind,
    { metadata: { name, resourceVersion, uid }, status },
    { fieldManager },
  );
}

/** Stores a power state that was polled, unless it is known already. */
export async function storePowerState(
  machine: Machine,
  state: PowerState,
  deps: Pick<PowerRequestsDeps, 'client'>,
): Promise<void> {
  if (machine.status?.powerState === state) return;
  try {
    await writeResult(machine, machine.status?.power?.result, state, deps);
  } catch (error) {
    // Whoever changed it knows better; the next poll looks again.
    if (!isKubeError(error, 'Conflict', 'NotFound')) throw error;
  }
}

function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
