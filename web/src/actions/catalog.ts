import type { Machine } from '../../../src/api/machine/schema.ts';
import { type ActionName, actionRules } from '../../../src/domain/lifecycle/actions.ts';
import type { IconName } from '../components/icon.tsx';
import { phaseWords } from '../format/phase.ts';

/** An action as people see it. */
export interface CatalogEntry {
  action: ActionName;
  label: string;
  icon: IconName;
  /** Something that runs is interrupted by it: it is asked for twice. */
  danger?: boolean;
  /** What may be said along with it. */
  asks?: readonly ('mode' | 'sshKeys' | 'erase')[];
}

/** The actions of the UI, in the order of its menus. */
export const catalog: readonly CatalogEntry[] = [
  { action: 'PowerOn', label: 'Switch on', icon: 'power' },
  { action: 'PowerOff', label: 'Switch off', icon: 'power', danger: true, asks: ['mode'] },
  { action: 'PowerCycle', label: 'Power cycle', icon: 'refresh', danger: true, asks: ['mode'] },
  { action: 'PowerStatus', label: 'Ask the BMC for the power', icon: 'info' },
  { action: 'Commission', label: 'Commission', icon: 'play' },
  { action: 'Test', label: 'Test the hardware', icon: 'check' },
  { action: 'Override', label: 'Override the failed test', icon: 'check', danger: true },
  { action: 'Rescue', label: 'Rescue', icon: 'terminal', danger: true, asks: ['sshKeys'] },
  { action: 'ExitRescue', label: 'End the rescue', icon: 'terminal' },
  { action: 'Abort', label: 'Abort what is under way', icon: 'close', danger: true },
  { action: 'Release', label: 'Release', icon: 'allocations', danger: true, asks: ['erase'] },
  { action: 'MarkBroken', label: 'Mark broken', icon: 'warning', danger: true },
  { action: 'MarkFixed', label: 'Mark fixed', icon: 'check' },
  { action: 'Lock', label: 'Lock', icon: 'lock' },
  { action: 'Unlock', label: 'Unlock', icon: 'lock' },
  { action: 'RotateBmcCredentials', label: 'New BMC password', icon: 'refresh' },
];

export function entryOf(action: ActionName): CatalogEntry {
  return catalog.find((entry) => entry.action === action) ?? { action, label: action, icon: 'play' };
}

function isLocked({ spec, status }: Machine): boolean {
  return spec.locked || status?.locked === true;
}

/**
 * Why a machine would refuse an action now, in a sentence; undefined when it would take it up, as far as can be told from here. The
 * operator looks again.
 */
export function refusalOf(action: ActionName, machine: Machine): string | undefined {
  const { spec, status } = machine;
  const locked = isLocked(machine);
  if (action === 'Unlock') return status?.locked === true ? undefined : 'It is not locked by Lock.';
  if (action === 'Lock') return locked ? 'It is locked already.' : undefined;
  if (locked) return 'It is locked.';
  const phase = status?.phase;
  if (phase === undefined) return 'It has no phase yet.';
  if (!actionRules[action].from.includes(phase)) return `Not in the phase ${phaseWords(phase)}.`;
  if (action === 'Commission' && status?.allocation !== undefined) return 'An Allocation holds it.';
  if (needsBmc.includes(action) && spec.bmc === undefined) return 'It has no BMC: a person powers it.';
  return undefined;
}

const needsBmc: readonly ActionName[] = [
  'PowerOn',
  'PowerOff',
  'PowerCycle',
  'PowerStatus',
  'Commission',
  'RotateBmcCredentials',
];
