import { type Chassis, chassisKind, type EnumerationResult } from '../../../api/chassis/schema.ts';
import type { Clock } from '../../../domain/clock.ts';
import { CodedError, messageOf } from '../../../errors/coded-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { type Controller, runController } from '../../../kube/controller.ts';
import { isKubeError } from '../../../kube/errors.ts';
import type { Informer } from '../../../kube/informer.ts';
import type { Logger } from '../../../log/logger.ts';
import type { BmcLock } from '../bmc-lock.ts';
import type { ChassisDrivers } from '../chassis.ts';
import { claimError, isClaimError } from '../claim-errors.ts';
import { delay } from '../delay.ts';
import { isPowerError } from '../errors.ts';
import { decideEnumeration, isStillOurs } from './claim.ts';
import { listNodes } from './list.ts';
import { reportNodes } from './report.ts';

/** Of server-side apply, for `status.result`. */
const fieldManager = 'metalwright-rack-enumeration';

/** How long a manager may take, how often it is asked, and the pause in between; in milliseconds. */
const longestMs = 5 * 60_000;
const mostAttempts = 3;
const pauseMs = 5_000;
/** After a claim that another was faster with, in milliseconds. */
const lookAgainMs = 1_000;

export interface EnumerationsDeps {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  chassis: Informer<Chassis>;
  drivers: ChassisDrivers;
  rackName: string;
  /** Where the credentials are. */
  namespace: string;
  isAlive(rack: string): boolean;
  /** Whether the others certainly count this rack as alive. */
  isCurrent(): boolean;
  lock: BmcLock;
  clock: Clock;
  log: Logger;
}

type Ending = Pick<EnumerationResult, 'outcome' | 'reason' | 'message' | 'total' | 'nodes'>;

/**
 * Lists the nodes of chassis when the operator wants it. An order is claimed in the status, with its resource version, before the
 * manager is asked; asking changes nothing there, so that after a crash it is simply asked again.
 */
export function createEnumerations(deps: EnumerationsDeps): Controller {
  const { chassis, rackName, clock } = deps;
  const firstSeen = new Map<string, { id: string; at: number }>();
  const done = new Map<string, string>();

  function seenForMs(name: string, id: string): number {
    const seen = firstSeen.get(name);
    if (seen?.id === id) return clock.now() - seen.at;
    firstSeen.set(name, { id, at: clock.now() });
    return 0;
  }

  const controller = runController({
    name: 'enumerations',
    concurrency: 4,
    backoff: { baseMs: 500, maxMs: 10_000 },
    log: deps.log,
    async reconcile(name, signal) {
      const found = chassis.get(name);
      const id = found?.status?.request?.id;
      if (found === undefined || id === undefined || done.get(name) === id) return undefined;
      const view = { rackName, isAlive: deps.isAlive, seenForMs: seenForMs(name, id) };
      const decision = decideEnumeration(found, view);
      if (decision.kind === 'ignore') return undefined;
      if (decision.kind === 'later') return { requeueAfterMs: decision.afterMs };
      if (!deps.isCurrent()) return { requeueAfterMs: lookAgainMs };
      try {
        await carryOut(found, id, deps, signal);
        done.set(name, id);
        return undefined;
      } catch (error) {
        if (signal.aborted || !(isClaimError(error) || isKubeError(error, 'Conflict', 'NotFound')))
          throw error;
        return { requeueAfterMs: lookAgainMs };
      }
    },
  });
  chassis.onChange(({ type, object: { metadata, status } }) => {
    if (type === 'Deleted') {
      firstSeen.delete(metadata.name);
      done.delete(metadata.name);
    } else if (status?.request !== undefined) controller.enqueue(metadata.name);
  });
  return controller;
}

async function carryOut(
  chassis: Chassis,
  id: string,
  deps: EnumerationsDeps,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid, resourceVersion, generation = 0 } = chassis.metadata;
  const startedAt = new Date(deps.clock.now()).toISOString();
  const claim: EnumerationResult = { id, rack: deps.rackName, generation, outcome: 'Running', startedAt };
  await deps.client.applyStatus(
    chassisKind,
    { metadata: { name, uid, resourceVersion }, status: { result: claim } },
    { fieldManager },
  );
  const ending = await attempts(chassis, deps, signal);
  const finishedAt = new Date(deps.clock.now()).toISOString();
  await store(name, { ...claim, ...ending, finishedAt }, deps);
}

/** Asks until it answers, a few times. @throws KubeError, and the signal's reason; what a manager makes is an outcome. */
async function attempts(chassis: Chassis, deps: EnumerationsDeps, stop: AbortSignal): Promise<Ending> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(longestMs)]);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { outcome: 'Succeeded', ...reportNodes(await listNodes(chassis.spec.bmc, deps, signal)) };
    } catch (error) {
      stop.throwIfAborted();
      if (signal.aborted)
        return failed('BmcUnreachable', 'the manager did not list its nodes in five minutes');
      if (isKubeError(error) || !(error instanceof CodedError)) throw error;
      deps.log.warn({ chassis: chassis.metadata.name, reason: error.code }, messageOf(error));
      if (attempt >= mostAttempts || !isPowerError(error) || !error.retryable)
        return failed(error.code, error.message);
      await delay(pauseMs, stop);
    }
  }
}

function failed(reason: string, message: string): Ending {
  return { outcome: 'Failed', reason, message: message.slice(0, 1024) };
}

/** @throws CodedError PowerClaimLost when the order is not ours any more; KubeError */
async function store(name: string, result: EnumerationResult, deps: EnumerationsDeps): Promise<void> {
  for (;;) {
    const chassis = await deps.client.get(chassisKind, name);
    if (chassis === undefined || !isStillOurs(chassis, result.id, result.rack))
      throw claimError('PowerClaimLost', `the enumeration ${result.id} of chassis ${name}`);
    const { uid, resourceVersion } = chassis.metadata;
    try {
      await deps.client.applyStatus(
        chassisKind,
        { metadata: { name, uid, resourceVersion }, status: { result } },
        { fieldManager },
      );
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}
