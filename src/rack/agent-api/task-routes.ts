import { AgentTaskResult, TaskEvent } from '../../api/agent/schema.ts';
import type { TaskIntent } from '../../api/machine/task.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { type Answer, problem, type Request, type Route } from '../http/answer.ts';
import type { AgentApiDeps } from './agent-api.ts';
import { type Authorized, authorize } from './authorize.ts';
import { assembleTask, endingOf, endingTask, isCurrent, nextTask } from './next-task.ts';
import type { InventoryPart } from './ports.ts';
import { readJson } from './read-json.ts';

const done: Answer = { kind: 'Empty', status: 204 };

/** `GET /agent/v1/task`: what the machine of this session is to do. */
export function taskRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/task',
    methods: ['GET'],
    errors: 'Problem',
    async handle(request) {
      const call = authorize(request, deps);
      if ('refusal' in call) return call.refusal;
      const next = nextTask(call.machine, call.session);
      if (next.kind === 'Over') return problem('SessionOver');
      if (next.kind === 'End') return { kind: 'Json', status: 200, value: next.task };
      if (next.kind === 'Wait' || call.machine === undefined) return done;
      const task = await assembleTask(call.machine, next.task, deps.machines).catch((error: unknown) => {
        deps.log.warn({ machine: call.session.machine, error: messageOf(error) }, 'the task is not complete');
        return { missing: 'the API server, which is asked before a disk is written' };
      });
      if ('missing' in task) {
        deps.log.warn({ machine: call.session.machine, missing: task.missing }, 'the task is not complete');
        return problem('NotReady', `not there: ${task.missing}`, 5);
      }
      return { kind: 'Json', status: 200, value: task };
    },
  };
}

/** `POST /agent/v1/tasks/:id/events`: that the agent lives, and how far it is. */
export function eventRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/tasks/:id/events',
    methods: ['POST'],
    errors: 'Problem',
    async handle(request) {
      const call = authorize(request, deps);
      if ('refusal' in call) return call.refusal;
      const body = await readJson(request, TaskEvent, 16 * 1024);
      if ('refusal' in body) return body.refusal;
      const found = findTask(request, call);
      if (found.kind !== 'Running') return found.kind === 'Ended' ? done : found.refusal;
      const { step, percent, message } = body.value;
      const updatedAt = new Date(deps.clock.now()).toISOString();
      deps.reports.running(call.session.machine, {
        ...{ id: found.task.id, outcome: 'Running', step, message, updatedAt },
        ...(percent === undefined ? {} : { percent }),
        steps: [{ step, at: updatedAt }],
      });
      return done;
    },
  };
}

/** `PUT /agent/v1/tasks/:id/result`: stored before it is answered; sent again it changes nothing. */
export function resultRoute(deps: AgentApiDeps): Route {
  return {
    pattern: '/agent/v1/tasks/:id/result',
    methods: ['PUT'],
    errors: 'Problem',
    async handle(request) {
      const call = authorize(request, deps);
      if ('refusal' in call) return call.refusal;
      const body = await readJson(request, AgentTaskResult, 4 * 1024 * 1024);
      if ('refusal' in body) return body.refusal;
      const found = findTask(request, call);
      if (found.kind === 'Ended') reportRestart(request, call, deps);
      if (found.kind !== 'Running') return found.kind === 'Ended' ? done : found.refusal;
      if (found.task.kind === 'Inventory' && body.value.outcome === 'Succeeded' && !body.value.inventory)
        return problem('BodyRefused', 'inventory: missing');
      try {
        await store(body.value, found.task, call, deps);
      } catch (error) {
        deps.log.warn({ machine: call.session.machine, error: messageOf(error) }, 'a result was not stored');
        return problem('NotReady', 'the result cannot be stored at the moment', 2);
      }
      return done;
    },
  };
}

/** The result of the ending that restarts the machine is its last word before. */
function reportRestart(
  request: Request,
  { session: { machine, generation, ending } }: Authorized,
  { machines, clock }: AgentApiDeps,
): void {
  if (ending?.kind !== 'Reboot' || request.parameters[0] !== endingTask(ending)?.id) return;
  machines.reportBoot(machine, {
    ...{ generation, stage: 'Restarting' },
    at: new Date(clock.now()).toISOString(),
  });
}

type Found = { kind: 'Running'; task: TaskIntent } | { kind: 'Ended' } | { kind: 'Refused'; refusal: Answer };

/** A session may speak of its own task alone, and of that only until it has ended. */
function findTask(request: Request, { session, machine }: Authorized): Found {
  const id = request.parameters[0] ?? '';
  const { ending } = session;
  if (ending !== undefined && (id === ending.task || id === endingTask(ending)?.id)) return { kind: 'Ended' };
  if (!isCurrent(machine, session)) return { kind: 'Refused', refusal: problem('SessionOver') };
  const { task, taskResult } = machine?.status ?? {};
  if (task === undefined || task.generation !== session.generation)
    return { kind: 'Refused', refusal: problem('TaskOver') };
  const ended =
    taskResult?.id === task.id && taskResult.outcome !== 'Running' ? taskResult.outcome : undefined;
  if (ended !== undefined && (id === task.id || id === endingTask(endingOf(task, ended, machine))?.id))
    return { kind: 'Ended' };
  return id === task.id ? { kind: 'Running', task } : { kind: 'Refused', refusal: problem('TaskOver') };
}

/** What the record of the hardware shall go on to say, whatever was found. */
function partsToKeep({ skipNetworking, skipStorage }: TaskIntent): InventoryPart[] {
  return [...(skipNetworking ? ['nics' as const] : []), ...(skipStorage ? ['disks' as const] : [])];
}

async function store(
  { outcome, reason, message, inventory, tests }: AgentTaskResult,
  task: TaskIntent,
  { session, machine: target }: Authorized,
  { machines, reports, tokens, clock, log }: AgentApiDeps,
): Promise<void> {
  const { machine } = session;
  // The inventory first: a result that succeeded promises that it is there.
  if (task.kind === 'Inventory' && inventory !== undefined)
    await machines.storeInventory(machine, inventory, partsToKeep(task));
  const finishedAt = new Date(clock.now()).toISOString();
  if (task.kind === 'Test' && tests !== undefined)
    await machines.storeTests(
      machine,
      tests.map((test) => ({ ...test, finishedAt })),
    );
  await reports.final(machine, {
    ...{ id: task.id, outcome, message },
    ...(reason === undefined ? {} : { reason }),
    ...(outcome === 'Succeeded' ? { percent: 100 } : {}),
    updatedAt: finishedAt,
  });
  log.info({ machine, task: task.id, kind: task.kind, outcome, reason }, 'task ended');
  // Kept in memory in any case; on disk it only helps a session that lives through a restart of the rack at this moment.
  await tokens.end(session, endingOf(task, outcome, target)).catch((error: unknown) => {
    log.warn({ machine, error: messageOf(error) }, 'the end of a task was not stored on disk');
  });
}
