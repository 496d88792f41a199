import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFailures } from '../../api/agent/schema.ts';
import { type MachinePhase, machinePhases } from '../../api/machine/schema.ts';
import { machineActions } from '../../api/machine-action/schema.ts';
import { actionRules } from '../../domain/lifecycle/actions.ts';
import { failureTable } from '../../domain/lifecycle/failures.ts';
import { type Phase, phaseTable } from '../../domain/lifecycle/phases.ts';
import { renderLifecycle } from '../../domain/lifecycle/render.ts';
import { allocationReasons } from '../allocation/reasons.ts';
import { availabilityReasons, machineReasons } from './reasons.ts';

describe('the lifecycle and the contract', () => {
  it('have the same phases', () => {
    const ofContract: readonly MachinePhase[] = phaseTable.map(({ phase }: { phase: Phase }) => phase);
    expect([...ofContract].sort()).toEqual([...machinePhases].sort());
  });

  it('have the same actions', () => {
    expect(Object.keys(actionRules).sort()).toEqual([...machineActions].sort());
  });

  it('have an advice for everything that an agent fails with', () => {
    expect(Object.keys(failureTable)).toEqual(expect.arrayContaining([...agentFailures]));
  });

  it('have no reason in two tables with two meanings', () => {
    const shared = Object.keys(machineReasons).filter((reason) => Object.hasOwn(failureTable, reason));
    expect(shared).toEqual([]);
  });
});

describe('docs/reference/lifecycle.md', () => {
  it('is what the tables say; else run vitest with -u', async () => {
    const page = renderLifecycle({
      'Ready, Reconciling and Stalled of a Machine': machineReasons,
      'Available of a Machine': availabilityReasons,
      'Ready, Reconciling and Stalled of an Allocation': allocationReasons,
    });
    const file = join(import.meta.dirname, '../../../docs/reference/lifecycle.md');
    await expect(page).toMatchFileSnapshot(file);
  });
});
