import type { BmcRotationResult } from '../../../api/bmc/setup.ts';
import { type Machine, machineKind } from '../../../api/machine/schema.ts';
import type { Clock } from '../../../domain/clock.ts';
import { messageOf } from '../../../errors/coded-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { type Controller, runController } from '../../../kube/controller.ts';
import { isKubeError } from '../../../kube/errors.ts';
import type { World } from '../../world/world.ts';
import { isPowerError } from '../errors.ts';
import { nearestRack } from '../reach.ts';
import { readPowerTarget } from '../target.ts';
import { type RotateDeps, reasonOf, rotateCredentials } from './rotate.ts';

/** Of server-side apply, for `status.bmcRotationResult`. */
const fieldManager = 'metalwright-rack-rotation';

/** How long the rack that is nearest has a rotation to itself, how long any rack may need, and how often it is tried. */
const headStartMs = 20_000;
const longestMs = 120_000;
const mostAttempts = 3;

/** What the controller is made from. */
export interface RotationsDeps extends RotateDeps {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  world: Pick<World, 'machines'>;
  rackName: string;
  /** Where the credentials are. */
  namespace: string;
  isAlive(rack: string): boolean;
  isCurrent(): boolean;
  clock: Clock;
}

/**
 * Sets new passwords at BMCs when the operator wants it. The operator has stored them before, and puts them to use when this says
 * that they are set.
 */
export function createBmcRotations(deps: RotationsDeps): Controller {
  const { world, rackName, clock } = deps;
  const seen = new Map<string, { id: string; at: number; attempts: number }>();

  const controller = runController({
    name: 'bmc-rotations',
    concurrency: 8,
    backoff: { baseMs: 1_000, maxMs: 30_000 },
    log: deps.log,
    async reconcile(name, signal) {
      const machine = world.machines.get(name);
      const { bmcRotation: wish, bmcRotationResult: result } = machine?.status ?? {};
      if (machine === undefined || wish === undefined || result?.id === wish.id) {
        seen.delete(name);
        return undefined;
      }
      const known = seen.get(name);
      const since = known?.id === wish.id ? known : { id: wish.id, at: clock.now(), attempts: 0 };
      seen.set(name, since);
      const nearest = nearestRack(machine);
      const wait = since.at + headStartMs - clock.now();
      const isAnothers = nearest !== undefined && nearest !== rackName && deps.isAlive(nearest);
      if (isAnothers && wait > 0) return { requeueAfterMs: wait };
      if (!deps.isCurrent()) return { requeueAfterMs: 1_000 };
      since.attempts += 1;
      const outcome = await attempt(machine, wish.id, deps, signal);
      if (outcome === 'Again' && since.attempts < mostAttempts) return { requeueAfterMs: 10_000 };
      await store(machine, outcome === 'Again' ? unreachable(wish.id, deps) : outcome, deps);
      return undefined;
    },
  });
  world.machines.onChange(({ object }) => {
    if (object.status?.bmcRotation !== undefined) controller.enqueue(object.metadata.name);
  });
  return controller;
}

type Outcome = BmcRotationResult;

/** `Again`: it may come right by itself. */
async function attempt(
  machine: Machine,
  id: string,
  deps: RotationsDeps,
  stop: AbortSignal,
): Promise<Outcome | 'Again'> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(longestMs)]);
  try {
    const found = await readPowerTarget(machine, deps.client, deps.namespace);
    if (found === undefined) return outcomeOf(id, deps, 'BmcUnsupported', 'the machine has no BMC');
    await rotateCredentials(found, id, deps, signal);
    return outcomeOf(id, deps);
  } catch (error) {
    stop.throwIfAborted();
    if (isKubeError(error)) throw error;
    deps.log.warn({ machine: machine.metadata.name, code: reasonOf(error) }, messageOf(error));
    if (signal.aborted || (isPowerError(error) && error.retryable)) return 'Again';
    return outcomeOf(id, deps, reasonOf(error), messageOf(error));
  }
}

function outcomeOf(id: string, deps: RotationsDeps, reason?: string, message?: string): Outcome {
  const at = new Date(deps.clock.now()).toISOString();
  const base = { id, rack: deps.rackName, at };
  if (reason === undefined) return { ...base, outcome: 'Succeeded' };
  return { ...base, outcome: 'Failed', reason, message: (message ?? '').slice(0, 1024) };
}

function unreachable(id: string, deps: RotationsDeps): Outcome {
  return outcomeOf(id, deps, 'BmcUnreachable', `the BMC did not do it in ${mostAttempts} attempts`);
}

async function store(machine: Machine, result: Outcome, deps: RotationsDeps): Promise<void> {
  const { name, uid } = machine.metadata;
  const now = await deps.client.get(machineKind, name);
  if (now?.metadata.uid !== uid || now?.status?.bmcRotation?.id !== result.id) return;
  const { resourceVersion } = now.metadata;
  await deps.client.applyStatus(
    machineKind,
    { metadata: { name, uid, resourceVersion }, status: { bmcRotationResult: result } },
    { fieldManager },
  );
}
