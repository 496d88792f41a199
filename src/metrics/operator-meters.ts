import { Spreads, stepBounds, Tally, workBounds } from './meter.ts';
import { joined } from './rack-meters.ts';

/** A step of a boot, and how long it took. */
export interface StepMeasure {
  phase: string;
  step: string;
  firmware: string;
  seconds: number;
}

/** What the operator counts. */
export class OperatorMeters {
  /** By controller and result. */
  readonly reconciles = new Tally<string>();
  readonly reconcile = new Spreads<string>();
  /** How long machines were in each phase, in seconds. */
  readonly phases = new Spreads<string>(workBounds);
  /** How long steps of boots took, in seconds, by phase, step and firmware. */
  readonly steps = new Spreads<string>(stepBounds);
  readonly #queues = new Map<string, () => number>();
  readonly #machines = new Map<string, { phase: string; since: number | undefined }>();

  reconciled(controller: string, result: 'Done' | 'Conflict' | 'Failed', ms: number): void {
    this.reconciles.add(joined(controller, result));
    this.reconcile.of(controller).observe(ms / 1000);
  }

  /** The words are of closed lists. */
  stepped({ phase, step, firmware, seconds }: StepMeasure): void {
    this.steps.of(joined(phase, step, firmware)).observe(seconds);
  }

  queue(controller: string, length: () => number): void {
    this.#queues.set(controller, length);
  }

  queues(): { controller: string; length: number }[] {
    return [...this.#queues].map(([controller, length]) => ({ controller, length: length() }));
  }

  /**
   * A machine is seen in a phase. What it was in before is counted when its beginning was seen too.
   *
   * @param phase undefined: it is gone, or has none
   * @param now milliseconds, on a clock that only goes forward
   */
  phase(machine: string, phase: string | undefined, now: number): void {
    const before = this.#machines.get(machine);
    if (before?.phase === phase) return;
    if (before?.since !== undefined) this.phases.of(before.phase).observe((now - before.since) / 1000);
    if (phase === undefined) this.#machines.delete(machine);
    // Of the phase in which a machine is first met it is not known when it began, unless it is the first of its life.
    else
      this.#machines.set(machine, {
        phase,
        since: before === undefined && phase !== 'Enlisting' ? undefined : now,
      });
  }
}
