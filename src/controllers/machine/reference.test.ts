import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFailures } from '../../api/agent/schema.ts';
import { firmwareReasons, hardwareHealthReasons } from '../../api/machine/health.ts';
import { type MachinePhase, machinePhases } from '../../api/machine/phases.ts';
import { machineActions } from '../../api/machine-action/schema.ts';
import { actionRules } from '../../domain/lifecycle/actions.ts';
import { failureTable } from '../../domain/lifecycle/failures.ts';
import { type Phase, phaseTable } from '../../domain/lifecycle/phases.ts';
import { renderLifecycle } from '../../domain/lifecycle/render.ts';
import { allocationReasons } from '../allocation/reasons.ts';
import { bmcSetupReasons } from '../bmc-setup/reasons.ts';
import {
  approvalReasons,
  groupReasons,
  hardwareReasons,
  identityReasons,
  reachabilityReasons,
} from '../machine-policy/reasons.ts';
import { tagReasons } from '../tag/reasons.ts';
import { availabilityReasons, machineReasons, powerReasons } from './reasons.ts';

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
      'PowerAsExpected of a Machine and of its Allocation': powerReasons,
      'BmcSetUp of a Machine': bmcSetupReasons,
      'Approved of a Machine': approvalReasons,
      'IdentityUnique of a Machine': identityReasons,
      'HardwareChanged of a Machine': hardwareReasons,
      'Reachable of a Machine': reachabilityReasons,
      'HardwareHealthy of a Machine': hardwareHealthReasons,
      'FirmwareCurrent of a Machine': firmwareReasons,
      'ZoneAndPoolFound of a Machine': groupReasons,
      'Ready, Reconciling and Stalled of an Allocation': allocationReasons,
      'Ready and Stalled of a Tag': tagReasons,
    });
    const file = join(import.meta.dirname, '../../../docs/reference/lifecycle.md');
    await expect(page).toMatchFileSnapshot(file);
  });
});
