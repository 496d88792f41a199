import { type ConditionUpdate, findCondition } from '../../../api/conditions.ts';
import type { Machine } from '../../../api/machine/schema.ts';
import type { MachineStatus } from '../../../api/machine/status.ts';
import { maxTimelineEntries, type Timeline } from '../../../api/machine/timeline.ts';
import { lateHead, lateMessage, latenessOf, lateReason } from '../../../domain/timeline/late.ts';
import { span } from '../../../domain/timeline/span.ts';
import { closedStep, isTaskStep, taskStep, whatOf } from '../../../domain/timeline/steps.ts';
import {
  type Entry,
  type Fact,
  newEntries,
  type Story,
  secondsUntil,
  shortStory,
  tell,
} from '../../../domain/timeline/timeline.ts';
import type { EventNote, OwnedStatus, StepMeasure, Verdict } from '../decision.ts';
import { hasPower } from '../observed.ts';
import { timestamp } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { mostPressing, type Waiting, waitingFor } from './awaited.ts';
import { factsOf, firmwareOf } from './facts.ts';
import { isOwn, lastHeard } from './heard.ts';

/** What a decision has to say of the machine's boot. */
export interface Told {
  timeline: Timeline | undefined;
  conditions: ConditionUpdate[];
  events: EventNote[];
  measures: StepMeasure[];
  /** When to look again though nothing has changed, milliseconds since the epoch. */
  until: number | undefined;
}

/**
 * The story of the present boot, and whether its next step is late.
 *
 * @param owned the status that the decision makes, but for what is told here
 */
export function tellBoot(
  machine: Machine,
  owned: OwnedStatus,
  verdict: Verdict,
  now: number,
  timings: MachineTimings,
): Told {
  const before = machine.status ?? {};
  const status: MachineStatus = {
    ...before,
    ...owned,
    task: owned.task,
    boot: owned.boot,
    stepSince: owned.stepSince,
    power: { request: owned.power?.request, result: before.power?.result },
  };
  const firmware = firmwareOf(machine);
  const story = storyOf(before, status, now);
  const fresh = story === undefined ? [] : newEntries(before.timeline, story);
  const view = { status, verdict, firmware, powered: hasPower({ machine }), now, timings };
  const waits = waitingFor(view);
  const told = { status, story, waits, now };
  const late = lateCondition(told, before);
  const held = settlesAt(before, fresh, verdict, { now, settle: timings.settle });
  const wasLate = findCondition(before.conditions, 'Late');
  if (held !== undefined && wasLate !== undefined && wasLate.status === late?.status) {
    const { status: same, reason, message } = wasLate;
    const conditions = [{ type: 'Late', status: same, reason, message }];
    return { timeline: before.timeline, conditions, events: [], measures: [], until: held };
  }
  const changes = waits.map((wait) => latenessOf(wait, wait.expectation, now).changesAt);
  const times = changes.filter((time) => time !== undefined);
  return {
    timeline: story === undefined ? undefined : { ...story, steps: [...story.steps], ...awaitedField(waits) },
    conditions: late === undefined ? [] : [late],
    events: [
      ...(story === undefined ? [] : fresh.filter(hasEvent).map((entry) => stepEvent(story, entry, now))),
      ...lateEvents(late, wasLate),
    ],
    measures: fresh
      .filter(({ durationSeconds }) => durationSeconds > 0)
      .map(({ step, durationSeconds }) => ({
        phase: before.phase ?? 'None',
        step: closedStep(step),
        firmware: firmware ?? 'Unknown',
        seconds: durationSeconds,
      })),
    until: times.length === 0 ? undefined : Math.min(...times),
  };
}

function awaitedField([first]: readonly Waiting[]): Pick<Timeline, 'awaited'> {
  return first === undefined ? {} : { awaited: first.step };
}

/** undefined: no boot of it is known. */
function storyOf(before: MachineStatus, status: MachineStatus, now: number): Story | undefined {
  const { boot, task } = status;
  if (boot === undefined) return undefined;
  const { generation } = boot;
  // What this decision replaces is told with it.
  const earlier = before.boot?.generation === generation ? factsOf(before) : [];
  const facts = [...earlier, ...factsOf(status)];
  const known = before.timeline?.generation === generation ? before.timeline : undefined;
  if (
    known === undefined &&
    boot.target === 'EphemeralOS' &&
    !facts.some(({ step }) => step === 'PowerRequested')
  )
    facts.push({ step: 'Ordered', at: status.stepSince ?? timestamp(now) });
  const failed = failureFact(before, status, now);
  if (failed !== undefined) facts.push(failed);
  if (known === undefined && facts.length === 0) return undefined;
  const kind = [task, before.task].find((one) => one?.generation === generation)?.kind;
  const boots = { generation, work: kind ?? known?.work ?? 'Boot' };
  return tell(withoutRunning(known, status), boots, facts, maxTimelineEntries);
}

/** A step that was taken for ended before a late report said that it began after the others. */
function withoutRunning(known: Timeline | undefined, { taskResult, task }: MachineStatus): Story | undefined {
  const last = taskResult?.steps?.at(-1);
  const runs = taskResult?.outcome === 'Running' && taskResult.id === task?.id;
  if (known === undefined || last === undefined || !runs) return known;
  return { ...known, steps: known.steps.filter(({ step }) => step !== taskStep(last.step)) };
}

/** The failure of the boot's own work. */
function failureFact(before: MachineStatus, status: MachineStatus, now: number): Fact | undefined {
  const { failure, phase, boot } = status;
  const atWork = before.task !== undefined && before.task.generation === boot?.generation;
  if (!atWork || failure === undefined || before.failure !== undefined || phase === before.phase)
    return undefined;
  return { step: 'Failed', at: timestamp(now), detail: failure.reason };
}

/** Until when what is new may wait for more of its kind; undefined: it is written now. */
function settlesAt(
  before: MachineStatus,
  fresh: readonly Entry[],
  verdict: Verdict,
  { now, settle }: Pick<MachineTimings, 'settle'> & { now: number },
): number | undefined {
  if (fresh.length === 0 || Object.keys(verdict.patch).length > 0) return undefined;
  if (before.timeline === undefined || before.timeline.generation !== before.boot?.generation)
    return undefined;
  const times = fresh.map(({ at }) => Date.parse(at));
  const until = Math.min(...times) + settle;
  // By a clock that is ahead nothing would ever settle.
  return now < until && Math.max(...times) <= now + settle ? until : undefined;
}

interface View {
  status: MachineStatus;
  story: Story | undefined;
  waits: readonly Waiting[];
  now: number;
}

function lateCondition(
  { status, story, waits, now }: View,
  before: MachineStatus,
): ConditionUpdate | undefined {
  const awaited = mostPressing(waits, now);
  const soFar = story === undefined ? '' : shortStory(story);
  if (awaited === undefined) {
    if (story === undefined) return undefined;
    return { type: 'Late', status: 'False', reason: 'NothingAwaited', message: soFar };
  }
  const { expectation, step } = awaited;
  const lateness = latenessOf(awaited, expectation, now);
  if (lateness.over === undefined) {
    const message = `${soFar} Awaited: ${whatOf(step)}.`.trim();
    return { type: 'Late', status: 'False', reason: 'OnTime', message };
  }
  const reason = lateReason(step);
  const known = findCondition(before.conditions, 'Late');
  const head = lateHead({ awaited, lateness });
  // A task reports every few seconds: that alone is no news.
  if (isTaskStep(step) && known?.reason === reason && known.message.startsWith(head))
    return { type: 'Late', status: 'True', reason, message: known.message };
  const work = status.task?.kind ?? '';
  const message = lateMessage({ awaited, lateness, expectation, work, heard: lastHeard(status, story) });
  return { type: 'Late', status: 'True', reason, message };
}

function lateEvents(
  late: ConditionUpdate | undefined,
  known: Pick<ConditionUpdate, 'status' | 'reason'> | undefined,
): EventNote[] {
  if (late?.status !== 'True' || (known?.status === 'True' && known.reason === late.reason)) return [];
  return [{ type: 'Warning', reason: late.reason, message: late.message }];
}

/** A failure has an Event of its own. */
function hasEvent({ step }: Entry): boolean {
  return step !== 'Failed';
}

function stepEvent(story: Story, { step, at, durationSeconds, detail }: Entry, now: number): EventNote {
  const { generation, work } = story;
  const took = durationSeconds === 0 ? '' : ` after ${span(durationSeconds * 1000)}`;
  const total = secondsUntil(story, step);
  const whole = total === durationSeconds ? '' : `, ${span(total * 1000)} in all`;
  const said = detail === undefined ? '' : ` (${detail})`;
  const message = `${work}, boot ${generation}: ${whatOf(step)}${took}${whole}${said}.`;
  // What this decision itself does is written to the second: its Event would come before what led to it.
  return { type: 'Normal', reason: step, message, at: isOwn(step) ? now : Date.parse(at) };
}
