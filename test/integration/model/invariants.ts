import type { Allocation } from '../../../src/api/allocation/schema.ts';
import { isLocked } from '../../../src/api/machine/locked.ts';
import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { MachineStatus } from '../../../src/api/machine/status.ts';
import type { AnyAction } from '../../../src/api/machine-action/schema.ts';
import { isAway } from '../../../src/domain/lifecycle/phases.ts';
import { mayMove } from '../../../src/domain/lifecycle/transitions.ts';
import type { Version } from './recording.ts';

/** Looks at every version of everything in the order of its writing, and says what must never be. */
export interface Invariants {
  see(version: Version): void;
  /** One line for everything that must not have been. */
  violations: string[];
  /** Phases that machines were seen in. */
  phases: Set<MachinePhase>;
}

/** Where a machine belongs, as long as it is tested, rescued or broken. */
function homeOf(status: MachineStatus | undefined): MachinePhase | undefined {
  const { phase, returnTo } = status ?? {};
  if (returnTo?.wasDeployed === true) return 'Deployed';
  if (isAway(phase)) return returnTo?.phase;
  return phase === 'Broken' ? (returnTo?.phase ?? phase) : phase;
}

const hasEnded = ({ status }: AnyAction): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Refused';

export function createInvariants(): Invariants {
  const machines = new Map<string, Machine>();
  /** By uid. */
  const allocations = new Map<string, Allocation>();
  const actions = new Map<string, AnyAction>();
  /** Machines that ever were an Allocation's, by its uid. */
  const owned = new Map<string, Set<string>>();
  /** Tasks that wrote a tenant's data which is to be erased and was not yet, by machine. */
  const toErase = new Map<string, string>();
  const violations: string[] = [];
  const phases = new Set<MachinePhase>();

  function seeMachine(machine: Machine): void {
    const { name } = machine.metadata;
    const before = machines.get(name);
    machines.set(name, machine);
    const was = before?.status;
    const is = machine.status;
    const must = (holds: boolean, what: string): void => {
      if (!holds) violations.push(`${name} at version ${machine.metadata.resourceVersion}: ${what}`);
    };
    if (is === undefined) {
      must(was === undefined, 'its status was lost');
      return;
    }
    if (is.phase !== undefined) {
      phases.add(is.phase);
      must(mayMove(was?.phase, is.phase), `moved from ${was?.phase} to ${is.phase}`);
    }
    seeOwner(name, was, is, must);
    if (before !== undefined && isLocked(before) && is.action?.uid !== was?.action?.uid) {
      const { action = '', outcome = 'Refused' } = is.action ?? {};
      const allowed = action === 'Lock' || action === 'Unlock' || outcome === 'Refused';
      must(allowed, `was locked, and did ${action}`);
    }
    if (is.boot !== undefined && was?.boot !== undefined)
      must(is.boot.generation >= was.boot.generation, 'went back to an earlier boot generation');
    seeData(name, was, is, must);
  }

  function seeOwner(
    name: string,
    was: MachineStatus | undefined,
    is: MachineStatus,
    must: (holds: boolean, what: string) => void,
  ): void {
    const [before, after] = [was?.allocation?.uid, is.allocation?.uid];
    if (before !== undefined && before !== after) {
      must(after === undefined, 'changed hands without being let go');
      must((is.release ?? was?.release)?.allocationUid === before, 'was let go without a record of it');
    }
    if (after !== undefined && after !== before) {
      must(!owned.has(after), `its Allocation had ${[...(owned.get(after) ?? [])]} before`);
      owned.set(after, (owned.get(after) ?? new Set()).add(name));
    }
    if (homeOf(was) === 'Deployed' && homeOf(is) !== 'Deployed') {
      const holder = allocations.get(was?.allocation?.uid ?? '');
      const consents = holder === undefined || holder.metadata.deletionTimestamp !== undefined;
      must(consents, `left Deployed (${was?.phase}) for ${is.phase} against its Allocation`);
      const isRecorded = was?.allocation !== undefined || was?.release !== undefined;
      must(isRecorded || is.phase === 'Broken', 'left Deployed with nobody knowing whose it was');
    }
  }

  function seeData(
    name: string,
    was: MachineStatus | undefined,
    is: MachineStatus,
    must: (holds: boolean, what: string) => void,
  ): void {
    const { task, taskResult } = is;
    if (task?.kind === 'Install' && task.id !== was?.task?.id) {
      const { erase } = allocations.get(is.allocation?.uid ?? '')?.spec ?? {};
      if (erase === 'None') toErase.delete(name);
      else toErase.set(name, task.id);
    }
    const erased = taskResult?.outcome === 'Succeeded' && taskResult.id === task?.id;
    if (task?.kind === 'Erase' && erased) toErase.delete(name);
    const released = is.action?.action === 'Release' && is.action.outcome !== 'Refused';
    if (released && actions.get(is.action?.uid ?? '')?.spec.parameters?.erase === 'None')
      toErase.delete(name);
    if (is.phase === 'Ready') must(!toErase.has(name), 'is in the pool with the data of a tenant');
  }

  return {
    violations,
    phases,
    see(version) {
      const { uid = '', name } = version.object.metadata;
      if (version.kind === 'Machine') {
        if (version.gone) violations.push(`${name} is gone`);
        else seeMachine(version.object);
      } else if (version.kind === 'Allocation') {
        if (version.gone) {
          allocations.delete(uid);
          for (const { metadata, status } of machines.values())
            if (status?.allocation?.uid === uid)
              violations.push(`${name} is gone, and still holds ${metadata.name}`);
        } else allocations.set(uid, version.object);
      } else {
        const before = actions.get(uid);
        const after = version.object.status?.phase;
        if (before !== undefined && hasEnded(before) && after !== before.status?.phase)
          violations.push(`MachineAction ${name} was ${before.status?.phase}, and is ${after}`);
        actions.set(uid, version.object);
      }
    },
  };
}
