import { effectiveBmc } from '../../api/bmc/effective.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, type ReconcileResult, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { World } from '../world/world.ts';
import type { BmcLock } from './bmc-lock.ts';
import type { Breakers } from './breaker.ts';
import { type ClaimDecision, claimOf, decideClaim, racksLeft } from './claim.ts';
import { claimError, isClaimError } from './claim-errors.ts';
import { delay } from './delay.ts';
import type { BootDevice, BootSource, PowerDriver } from './driver.ts';
import { openPowerDriver } from './drivers.ts';
import { powerError } from './errors.ts';
import { executePowerRequest } from './executor.ts';
import { budgetFor, endOf, exhausted } from './handover.ts';
import { updateClaim, writePower } from './power-status.ts';
import type { PowerOutcome, PowerStep, PowerTimings } from './steps.ts';
import { readPowerTarget } from './target.ts';

export interface PowerRequestsDeps {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  world: Pick<World, 'machines'>;
  rackName: string;
  /** Where the credentials are. */
  namespace: string;
  isAlive(rack: string): boolean;
  /** All racks that are alive, this one among them. Default: this one alone. */
  liveRacks?(): readonly string[];
  /** What is known of silent BMCs, and is told of those that are. */
  breakers?: Breakers | undefined;
  /** Told whether a BMC answered this rack. */
  reached?(machine: Machine, reaches: boolean): Promise<void>;
  /** Whether the others certainly count this rack as alive: without that it gives no command. */
  isCurrent(): boolean;
  lock: BmcLock;
  timings: PowerTimings;
  clock: Clock;
  log: Logger;
  /** What a boot device loads from, made when it is about to be set. @param address of the BMC. Default: nothing. */
  bootSource?(machine: Machine, device: BootDevice, address: string): Promise<BootSource | undefined>;
  /** For tests. */
  openDriver?: typeof openPowerDriver;
  /** Told of every request that was carried out to its end. */
  finished?(operation: { driver: string; action: string; result: string; ms: number }): void;
}

type Execute = Extract<ClaimDecision, { kind: 'execute' }>;

/** What is being carried out for one machine. */
interface Execution {
  id: string;
  ending: AbortController;
}

/** After a claim that another was faster with, or that was lost, in milliseconds. */
const lookAgainMs = 1_000;

/**
 * Carries out the power requests that the operator wrote into machines. A request is claimed in the machine's status, with
 * its resource version, before anything is sent to a BMC; each step is recorded before its effect. A request that is replaced,
 * withdrawn or taken over is left where it is.
 */
export function createPowerRequests(deps: PowerRequestsDeps): Controller {
  const { world, rackName, clock, isAlive } = deps;
  const executions = new Map<string, Execution>();
  const firstSeen = new Map<string, { id: string; at: number }>();
  const { liveRacks = () => [rackName] } = deps;

  /** @param id of the request, as it is to be carried out next */
  function seenForMs(name: string, id: string): number {
    const seen = firstSeen.get(name);
    if (seen?.id === id) return clock.now() - seen.at;
    firstSeen.set(name, { id, at: clock.now() });
    return 0;
  }

  async function execute(
    machine: Machine,
    decision: Execute,
    signal: AbortSignal,
  ): Promise<ReconcileResult | undefined> {
    const { name } = machine.metadata;
    const execution = { id: decision.request.id, ending: new AbortController() };
    executions.set(name, execution);
    try {
      await carryOut(machine, decision, deps, AbortSignal.any([signal, execution.ending.signal]));
      return undefined;
    } catch (error) {
      const isOver =
        execution.ending.signal.aborted || isClaimError(error) || isKubeError(error, 'Conflict', 'NotFound');
      if (signal.aborted || !isOver) throw error;
      deps.log.info(
        { machine: name, powerRequest: execution.id, why: messageOf(error) },
        'power request left',
      );
      return { requeueAfterMs: lookAgainMs };
    } finally {
      executions.delete(name);
    }
  }

  const controller = runController({
    name: 'power-requests',
    // Each waits for its own BMC nearly all the time.
    concurrency: 64,
    backoff: { baseMs: 200, maxMs: 10_000 },
    log: deps.log,
    async reconcile(name, signal) {
      const machine = world.machines.get(name);
      const request = machine?.status?.power?.request;
      if (machine === undefined || request === undefined) return undefined;
      const tries = machine.status?.power?.result?.tried?.length ?? 0;
      const seenFor = seenForMs(name, `${request.id} ${tries}`);
      const decision = decideClaim(machine, {
        ...{ rackName, isAlive, liveRacks: liveRacks(), seenForMs: seenFor },
      });
      if (decision.kind === 'ignore') return undefined;
      if (decision.kind === 'later') return { requeueAfterMs: decision.afterMs };
      if (!deps.isCurrent()) return { requeueAfterMs: lookAgainMs };
      if (decision.kind === 'fail') {
        await writePower(machine, exhausted(decision.result, clock.now()), 'Unknown', deps.client);
        return undefined;
      }
      return await execute(machine, decision, signal);
    },
  });

  world.machines.onChange(({ type, object: { metadata, status } }) => {
    const { request, result } = status?.power ?? {};
    const execution = executions.get(metadata.name);
    const isGone = type === 'Deleted' || request === undefined;
    const isForeign = result !== undefined && result.id === execution?.id && result.rack !== rackName;
    if (execution !== undefined && (isGone || request.id !== execution.id || isForeign))
      execution.ending.abort(claimError('PowerClaimLost', `power request ${execution.id}`));
    if (isGone) firstSeen.delete(metadata.name);
    else controller.enqueue(metadata.name);
  });
  return controller;
}

async function carryOut(
  machine: Machine,
  decision: Execute,
  deps: PowerRequestsDeps,
  signal: AbortSignal,
): Promise<void> {
  const { name } = machine.metadata;
  const { client, clock } = deps;
  const startedAt = performance.now();
  const claim = claimOf(decision, deps.rackName, clock.now());
  await writePower(machine, claim, machine.status?.powerState, client);
  let reached = claim;
  const othersLeft = (): boolean => {
    const mine = { rack: deps.rackName, message: '' };
    return racksLeft({ ...claim, tried: [...decision.tried, mine] }, deps.liveRacks?.() ?? []).length > 0;
  };
  const hasOthers = othersLeft();
  const outcome = await attempt(machine, decision, deps, hasOthers, signal, async (step) => {
    reached = { ...claim, step };
    await updateClaim(name, reached, undefined, client);
  });
  const result = endOf(reached, outcome, hasOthers && othersLeft(), clock.now());
  if (result.outcome !== 'HandedOver')
    deps.finished?.({
      driver: effectiveBmc(machine)?.driver ?? 'none',
      action: decision.request.action,
      result: outcome.outcome,
      ms: performance.now() - startedAt,
    });
  await updateClaim(name, result, outcome.state, client);
  const isUnreached = outcome.reason === 'BmcUnreachable';
  if (isUnreached || outcome.outcome === 'Succeeded') await deps.reached?.(machine, !isUnreached);
}

/** @throws KubeError, CodedError of the claim, and the signal's reason; what a BMC makes is an outcome. */
async function attempt(
  machine: Machine,
  { request, resumeFrom }: Execute,
  deps: PowerRequestsDeps,
  hasOthers: boolean,
  signal: AbortSignal,
  record: (step: PowerStep) => Promise<void>,
): Promise<PowerOutcome> {
  const { clock, breakers } = deps;
  const log = deps.log.child({ machine: machine.metadata.name });
  try {
    const found = await readPowerTarget(machine, deps.client, deps.namespace);
    if (found === undefined)
      return {
        outcome: 'Failed',
        state: 'Unknown',
        reason: 'BmcUnsupported',
        message: 'the machine has no BMC',
      };
    const open = deps.openDriver ?? openPowerDriver;
    const driver = open(found.driver, found.target, deps.lock, { log });
    try {
      if (request.boot === 'VirtualMedia' && !driver.bootDevices.has(request.boot))
        throw powerError('BmcUnsupported', `driver ${found.driver} has no virtual media`);
      const { address } = found.target;
      const timings = budgetFor(deps.timings, breakers?.silentMs(address) ?? 0, hasOthers);
      const executor = { clock, log, delay, record, timings };
      const sourceOf = async (device: BootDevice) => deps.bootSource?.(machine, device, address);
      const fencedDriver = fenced(driver, deps.isCurrent, sourceOf);
      const outcome = await executePowerRequest(request, resumeFrom, fencedDriver, executor, signal);
      breakers?.report(address, outcome.reason !== 'BmcUnreachable');
      return outcome;
    } finally {
      await driver.close();
    }
  } catch (error) {
    if (signal.aborted || isKubeError(error) || isClaimError(error) || !(error instanceof CodedError))
      throw error;
    log.warn({ reason: error.code }, messageOf(error));
    return { outcome: 'Failed', state: 'Unknown', reason: error.code, message: error.message };
  }
}

/** A driver that gives no command unless this rack is certainly the one that may. */
function fenced(
  driver: PowerDriver,
  isCurrent: () => boolean,
  sourceOf: (device: BootDevice) => Promise<BootSource | undefined>,
): PowerDriver {
  const check = async (): Promise<void> => {
    if (!isCurrent()) throw claimError('RackNotCurrent', 'a power command was held back');
  };
  const softOff = driver.softOff?.bind(driver);
  return {
    bootDevices: driver.bootDevices,
    ...(softOff === undefined ? {} : { softOff: (signal) => check().then(() => softOff(signal)) }),
    status: (signal) => driver.status(signal),
    on: (signal) => check().then(() => driver.on(signal)),
    off: (signal) => check().then(() => driver.off(signal)),
    async setBootDevice(device, signal) {
      await check();
      const source = await sourceOf(device);
      await check();
      await driver.setBootDevice(device, signal, source);
    },
    close: () => driver.close(),
  };
}
