import type { BootReport } from '../agent-api/ports.ts';
import type { World } from '../world/world.ts';
import { isNews, stagesOf } from './boot-report.ts';
import type { Outbox } from './outbox.ts';

/** How far machines have come, told to the API server. */
export interface BootReports {
  /** Returns at once. Several reports of one machine become one, and what says nothing new costs nothing. */
  report(machine: string, report: BootReport): void;
}

/** Puts what is news into the outbox: nothing is lost while the API server is away. */
export function createBootReports(deps: {
  outbox: Pick<Outbox, 'add' | 'pending'>;
  world: Pick<World, 'machines'>;
}): BootReports {
  const { outbox, world } = deps;
  return {
    report(name, said) {
      const report = { ...said, seen: [...stagesOf(said)] };
      const machine = world.machines.get(name);
      const held = outbox.pending(name).findLast((entry) => entry.kind === 'Boot')?.report;
      if (!isNews(held ?? machine?.status?.bootProgress, report)) return;
      outbox.add(name, { kind: 'Boot', uid: machine?.metadata.uid, report });
    },
  };
}
