import { messageOf } from '../errors/coded-error.ts';
import type { Console } from './console.ts';
import type { Session, Task, TaskResult } from './contract.ts';
import { isAgentError } from './errors.ts';
import type { IdleLimit } from './idle-limit.ts';
import type { RackClient } from './rack/client.ts';
import { createReporter, type Progress } from './reporter.ts';
import type { Timing } from './time.ts';

/** Does one kind of task. Throws a `CodedError` of the agent's table when it cannot. */
export type TaskHandler<T extends Task> = (task: T, context: TaskContext) => Promise<Handled>;

/** What came of it. Without an outcome it succeeded; one that failed and has more to tell than words says so itself. */
export type Handled = Omit<TaskResult, 'outcome'> & Partial<Pick<TaskResult, 'outcome'>>;

export interface TaskContext extends Progress {
  sessionKey: string;
  /** Aborted when the rack no longer wants the task. */
  signal: AbortSignal;
}

export interface TaskHandlers {
  inventory: TaskHandler<Extract<Task, { kind: 'Inventory' }>>;
  install: TaskHandler<Extract<Task, { kind: 'Install' }>>;
  erase: TaskHandler<Extract<Task, { kind: 'Erase' }>>;
  test: TaskHandler<Extract<Task, { kind: 'Test' }>>;
  rescue: TaskHandler<Extract<Task, { kind: 'Rescue' }>>;
}

export interface WorkDeps {
  client: RackClient;
  console: Console;
  timing: Timing;
  handlers: TaskHandlers;
  /** Its signal: nobody has given the machine work for too long. */
  idle: IdleLimit;
}

/** How the session ends. */
export type Ending = 'Reboot' | 'PowerOff';

/** Longest time between two events of a task; the rack takes three such for a dead agent. */
const heartbeatMs = 8_000;

/** Takes one task after the other until the rack says how to end. A rack that refuses the session ends it too. */
export async function work(session: Session, deps: WorkDeps): Promise<Ending> {
  const { signal } = deps.idle;
  for (;;) {
    const task = await deps.client.nextTask(session.sessionKey, signal);
    if (task === undefined) {
      await deps.timing.sleep(session.pollSeconds * 1000, signal);
      continue;
    }
    if ('refused' in task) {
      deps.console.say(`the session is over: ${task.refused}`);
      return 'PowerOff';
    }
    if (task.kind === 'Reboot' || task.kind === 'PowerOff') {
      const message = task.kind === 'Reboot' ? 'restarting' : 'switching off';
      deps.console.say(message);
      await deps.client.putResult(session.sessionKey, task.id, { outcome: 'Succeeded', message }, signal);
      return task.kind;
    }
    await carryOut(task, session, deps);
  }
}

async function carryOut(
  task: Exclude<Task, { kind: Ending }>,
  session: Session,
  deps: WorkDeps,
): Promise<void> {
  const unwanted = new AbortController();
  const signal = AbortSignal.any([deps.idle.signal, unwanted.signal]);
  const reporter = createReporter({
    timing: deps.timing,
    heartbeatMs,
    say: (message) => deps.console.say(message),
    post: async (event) => {
      const refusal = await deps.client.postEvent(session.sessionKey, task.id, event, signal);
      if (refusal !== undefined) unwanted.abort(new Error(refusal.refused));
    },
  });
  const context = { report: reporter.report, sessionKey: session.sessionKey, signal };
  const result = await deps.idle.busy(() => handle(task, deps.handlers, context));
  await reporter.close(5_000);
  deps.console.say(`${task.kind}: ${result.outcome === 'Failed' ? 'FAILED: ' : ''}${result.message}`);
  const refusal = await deps.client.putResult(session.sessionKey, task.id, result, deps.idle.signal);
  if (refusal !== undefined) deps.console.say(`the result was not taken: ${refusal.refused}`);
}

async function handle(
  task: Exclude<Task, { kind: Ending }>,
  handlers: TaskHandlers,
  context: TaskContext,
): Promise<TaskResult> {
  try {
    return { outcome: 'Succeeded', ...(await dispatch(task, handlers, context)) };
  } catch (error) {
    return {
      outcome: 'Failed',
      reason: isAgentError(error) ? error.code : unforeseen[task.kind],
      message: words(error),
    };
  }
}

function dispatch(
  task: Exclude<Task, { kind: Ending }>,
  handlers: TaskHandlers,
  context: TaskContext,
): Promise<Handled> {
  switch (task.kind) {
    case 'Inventory':
      return handlers.inventory(task, context);
    case 'Install':
      return handlers.install(task, context);
    case 'Erase':
      return handlers.erase(task, context);
    case 'Test':
      return handlers.test(task, context);
    case 'Rescue':
      return handlers.rescue(task, context);
  }
}

/** The reason for an error that no step of the task foresaw. */
const unforeseen = {
  Inventory: 'InventoryFailed',
  Install: 'DiskWriteFailed',
  Erase: 'EraseFailed',
  Test: 'TestFailed',
  Rescue: 'RescueFailed',
} as const;

function words(error: unknown): string {
  return messageOf(error).slice(0, 1000);
}
