import type { OperatorMeters } from './operator-meters.ts';
import { split } from './rack-meters.ts';
import { createMetricsRegistry, type MetricsRegistry } from './registry.ts';

/** What is looked at only when somebody asks for metrics. */
export interface OperatorGauges {
  version: string;
  isLeader(): boolean;
  /** The phase of every machine. */
  machines(): Iterable<string>;
  /** The reason of every condition `Late` that is True. */
  late(): Iterable<string>;
}

/** Makes metrics of what the operator counts and of what it is. */
export function createOperatorMetrics(meters: OperatorMeters, gauges: OperatorGauges): MetricsRegistry {
  const registry = createMetricsRegistry();
  registry.counter(
    {
      name: 'metalwright_reconciles_total',
      help: 'Reconciles that ended, by controller and result; after a conflict the object is looked at anew.',
      labels: ['controller', 'result'],
    },
    () =>
      meters.reconciles
        .entries()
        .map(([word, value]) => ({ labels: split(word, ['controller', 'result']), value })),
  );
  registry.histogram(
    {
      name: 'metalwright_reconcile_seconds',
      help: 'How long reconciles took, by controller.',
      labels: ['controller'],
    },
    () => meters.reconcile.entries().map(([controller, spread]) => ({ labels: { controller }, spread })),
  );
  registry.gauge(
    {
      name: 'metalwright_queue_length',
      help: 'Objects that wait for a reconcile, by controller.',
      labels: ['controller'],
    },
    () => meters.queues().map(({ controller, length }) => ({ labels: { controller }, value: length })),
  );
  registry.gauge({ name: 'metalwright_leader', help: '1 for the replica that leads.' }, () => [
    { value: gauges.isLeader() ? 1 : 0 },
  ]);
  registry.gauge({ name: 'metalwright_machines', help: 'Machines, by phase.', labels: ['phase'] }, () => {
    return counted(gauges.machines()).map(([phase, value]) => ({ labels: { phase }, value }));
  });
  registry.gauge(
    {
      name: 'metalwright_machines_late',
      help: 'Machines whose next step is late, by the reason of their condition Late.',
      labels: ['reason'],
    },
    () => counted(gauges.late()).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  registry.histogram(
    {
      name: 'metalwright_machine_phase_seconds',
      help: 'How long machines were in a phase, by phase; of phases that this replica saw begin and end.',
      labels: ['phase'],
    },
    () => meters.phases.entries().map(([phase, spread]) => ({ labels: { phase }, spread })),
  );
  registry.histogram(
    {
      name: 'metalwright_machine_step_seconds',
      help: 'How long steps of boots took, from the step before, by phase of the machine, step and firmware mode.',
      labels: ['phase', 'step', 'firmware'],
    },
    () =>
      meters.steps
        .entries()
        .map(([word, spread]) => ({ labels: split(word, ['phase', 'step', 'firmware']), spread })),
  );
  registry.gauge(
    { name: 'metalwright_build_info', help: '1, with the version of the program.', labels: ['version'] },
    () => [{ labels: { version: gauges.version }, value: 1 }],
  );
  return registry;
}

/** How often each word is there. */
function counted(words: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}
