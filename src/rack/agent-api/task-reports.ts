import { messageOf } from '../../errors/coded-error.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { mergeSteps } from '../reports/task-steps.ts';
import type { RackMachines, TaskReport } from './ports.ts';

/**
 * Reports of running tasks, at most one a machine and interval, the latest of those that came in meanwhile; and the final
 * report, after which none of the earlier ones is sent.
 */
export interface TaskReports {
  /** Returns at once. Not stored is not bad: the next one comes within seconds. */
  running(machine: string, report: TaskReport): void;
  /** Resolves when it is stored. */
  final(machine: string, report: TaskReport): Promise<void>;
}

export interface TaskReportsDeps {
  machines: Pick<RackMachines, 'reportTask'>;
  timers: Timers;
  log: Logger;
  /** Default 2 s. */
  intervalMs?: number;
}

/** The steps of a task, as far as this rack has heard of them. */
interface Heard {
  task: string;
  steps: TaskReport['steps'];
}

interface Pace {
  waiting: TaskReport | undefined;
  sending: Promise<void> | undefined;
  /** Takes back the timer that ends the interval. */
  cancel: (() => void) | undefined;
}

export function createTaskReports({
  machines,
  timers,
  log,
  intervalMs = 2_000,
}: TaskReportsDeps): TaskReports {
  const paces = new Map<string, Pace>();
  /** A report that is never stored takes no step with it. */
  const heard = new Map<string, Heard>();

  function withSteps(machine: string, report: TaskReport): TaskReport {
    const before = heard.get(machine);
    const steps = mergeSteps(before?.task === report.id ? before.steps : undefined, report.steps);
    if (steps === undefined) return report;
    heard.set(machine, { task: report.id, steps });
    return { ...report, steps };
  }

  function send(machine: string, pace: Pace, report: TaskReport): void {
    pace.waiting = undefined;
    pace.sending = machines
      .reportTask(machine, report)
      .catch((error: unknown) => {
        log.warn({ machine, error: messageOf(error) }, 'the progress of a task was not stored');
      })
      .finally(() => {
        pace.sending = undefined;
      });
    pace.cancel = timers.after(intervalMs, () => next(machine, pace));
  }

  function next(machine: string, pace: Pace): void {
    pace.cancel = undefined;
    if (pace.waiting === undefined && pace.sending === undefined) paces.delete(machine);
    else if (pace.waiting === undefined || pace.sending !== undefined)
      pace.cancel = timers.after(intervalMs, () => next(machine, pace));
    else send(machine, pace, pace.waiting);
  }

  return {
    running(machine, said) {
      const report = withSteps(machine, said);
      const pace = paces.get(machine);
      if (pace !== undefined) {
        pace.waiting = report;
        return;
      }
      const fresh: Pace = { waiting: undefined, sending: undefined, cancel: undefined };
      paces.set(machine, fresh);
      send(machine, fresh, report);
    },
    async final(machine, report) {
      const pace = paces.get(machine);
      if (pace !== undefined) {
        pace.cancel?.();
        pace.waiting = undefined;
        paces.delete(machine);
        await pace.sending;
      }
      const whole = withSteps(machine, report);
      await machines.reportTask(machine, whole);
      heard.delete(machine);
    },
  };
}
