import type { MachineStatus } from '../../../api/machine/status.ts';
import { type Awaited, latenessOf } from '../../../domain/timeline/late.ts';
import { type Expectation, expectationOf, type Firmware, taskStep } from '../../../domain/timeline/steps.ts';
import type { Verdict } from '../decision.ts';
import { millis } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { seenAt, stagesOf } from './facts.ts';

/** What is awaited, and how long it usually takes. */
export interface Waiting extends Awaited {
  expectation: Expectation;
}

/** What a look for what is awaited rests on. */
export interface WaitingView {
  /** As the decision makes it, with what racks have written. */
  status: MachineStatus;
  verdict: Pick<Verdict, 'state' | 'reason' | 'until'>;
  firmware: Firmware | undefined;
  /** Whether a rack can switch the machine. */
  powered: boolean;
  now: number;
  timings: MachineTimings;
}

/**
 * What is to happen next. Where two things are awaited at once (the end of a step, and a sign of life meanwhile), the one that is
 * shown is the step; the other takes its place when it is late. undefined: nothing.
 */
export function waitingFor(view: WaitingView): Waiting[] {
  const power = powerWait(view);
  if (power !== undefined) return [expected(power, view)];
  if (view.verdict.state !== 'Reconciling') return [];
  const waits = phaseWait(view) ?? bootWaits(view);
  return waits.map((wait) => expected(wait, view));
}

/** The one of them that matters now: the first, unless a later one is late. */
export function mostPressing(waits: readonly Waiting[], now: number): Waiting | undefined {
  const late = waits.slice(1).find((wait) => latenessOf(wait, wait.expectation, now).over !== undefined);
  return late ?? waits[0];
}

function expected(wait: Awaited, { status, firmware, powered }: WaitingView): Waiting {
  const fromPowerOn = stagesOf(status).length === 0;
  // A person comes when a person comes.
  if (wait.step === 'Dhcp' && !powered) return { ...wait, expectation: {} };
  if (wait.step === 'Agent' && fromPowerOn) return { ...wait, expectation: mediaBoot };
  return { ...wait, expectation: expectationOf(wait.step, firmware) };
}

/** From power-on to the agent, where the whole of it comes from virtual media. */
const mediaBoot: Expectation = { usual: 180, late: 300 };

function powerWait({ status, now, timings }: WaitingView): Awaited | undefined {
  const { request, result } = status.power ?? {};
  if (request === undefined) return undefined;
  const off = request.action === 'Off';
  const since = millis(request.requestedAt, now);
  if (result?.id !== request.id)
    return { step: off ? 'PowerOffClaimed' : 'PowerClaimed', since, deadline: since + timings.power };
  if (result.outcome !== 'Running') return undefined;
  const begun = millis(result.startedAt, since);
  return { step: off ? 'PoweredOff' : 'PoweredOn', since: begun, deadline: since + 2 * timings.power };
}

/** Waits that are not for the machine itself. */
function phaseWait({ status, verdict, now }: WaitingView): Awaited[] | undefined {
  const { until: deadline } = verdict;
  const phaseSince = millis(status.phaseSince, now);
  const stepSince = millis(status.stepSince, phaseSince);
  switch (verdict.reason) {
    case 'AwaitingImage':
      return [{ step: 'Image', since: phaseSince, deadline }];
    case 'AwaitingRack':
      return [{ step: 'Rack', since: stepSince, deadline }];
    case 'AwaitingRelease':
      return [{ step: 'Release', since: stepSince }];
    case 'Enlisting':
      return [{ step: 'Inventory', since: phaseSince, deadline }];
    case 'StoringInventory':
      return [{ step: 'Inventory', since: millis(status.taskResult?.updatedAt, stepSince), deadline }];
    case 'CloudInitRunning': {
      const since = millis(seenAt(status, 'PhonedHome'), phaseSince);
      return [{ step: 'Finished', since, deadline }];
    }
    case 'FirstBoot':
      return firstBootWaits(status, stepSince, deadline);
    default:
      return undefined;
  }
}

const signsOfRestart = ['Restarting', 'Restarted', 'OsDhcp', 'PhonedHome'];

function firstBootWaits(status: MachineStatus, stepSince: number, deadline: number | undefined): Awaited[] {
  const ended = millis(status.taskResult?.updatedAt, stepSince);
  const home: Awaited = { step: 'PhonedHome', since: ended, deadline };
  const restarts = stagesOf(status).some(({ stage }) => signsOfRestart.includes(stage));
  return restarts ? [home] : [home, { step: 'Restarting', since: ended, deadline }];
}

/** What follows on a stage. */
const nextStage = { Dhcp: 'Loader', Loader: 'Kernel', Kernel: 'Agent', Agent: 'TaskStarted' } as const;

function bootWaits(view: WaitingView): Awaited[] {
  const { status, verdict, now, powered } = view;
  const { boot, task, taskResult } = status;
  if (boot?.target !== 'EphemeralOS' || task === undefined || task.generation !== boot.generation) return [];
  const stepSince = millis(status.stepSince, now);
  const { until: deadline } = verdict;
  if (taskResult?.id === task.id) return taskWaits(view, stepSince);
  for (const stage of ['Agent', 'Kernel', 'Loader', 'Dhcp'] as const) {
    const at = seenAt(status, stage);
    if (at !== undefined) return [{ step: nextStage[stage], since: millis(at, stepSince), deadline }];
  }
  const since = millis(powered ? status.power?.result?.finishedAt : undefined, stepSince);
  // From virtual media nothing is asked for on the network before the agent calls.
  const first = status.power?.request?.boot === 'VirtualMedia' ? 'Agent' : 'Dhcp';
  return [{ step: first, since, deadline }];
}

/** The task's step, and that the agent is heard at all. */
function taskWaits({ status, now, timings }: WaitingView, stepSince: number): Awaited[] {
  const { task, taskResult } = status;
  if (task === undefined || taskResult === undefined || taskResult.outcome !== 'Running') return [];
  const heard = millis(taskResult.updatedAt, now);
  const last = taskResult.steps?.at(-1);
  const word = last?.step ?? taskResult.step;
  const limit = taskLimit(task.kind, timings);
  const silence: Awaited = { step: 'Heartbeat', since: heard, deadline: heard + timings.agentSilence };
  const step: Awaited = {
    step: word === undefined ? 'TaskStarted' : taskStep(word),
    since: millis(last?.at, heard),
    deadline: stepSince + limit,
  };
  return [step, silence];
}

function taskLimit(kind: NonNullable<MachineStatus['task']>['kind'], timings: MachineTimings): number {
  switch (kind) {
    case 'Inventory':
      return timings.commission;
    case 'Install':
      return timings.install;
    case 'Erase':
      return timings.erase;
    case 'Test':
      return timings.test;
    case 'Rescue':
      return timings.rescue;
  }
}
