import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import type { Tone } from '../components/badge.tsx';

const ok: readonly MachinePhase[] = ['Ready', 'Deployed'];
const quiet: readonly MachinePhase[] = ['New', 'Enlisting'];
const warn: readonly MachinePhase[] = ['Rescue', 'Broken'];

/** The colour of a phase: green where all is well, red where it failed, blue while something is under way. */
export function phaseTone(phase: MachinePhase | undefined): Tone {
  if (phase === undefined || quiet.includes(phase)) return 'quiet';
  if (phase.endsWith('Failed')) return 'bad';
  if (ok.includes(phase)) return 'ok';
  return warn.includes(phase) ? 'warn' : 'busy';
}

/** `RescueEntryFailed` as people write it: Rescue entry failed. */
export function phaseWords(phase: string | undefined): string {
  return phase === undefined ? 'Unknown' : wordsOf(phase);
}

/** Short forms that are written in capitals, as parts of names have them. */
const shortForms = [
  'Bmc',
  'Bios',
  'Cpu',
  'Dhcp',
  'Dns',
  'Http',
  'Ip',
  'Iso',
  'Nic',
  'Os',
  'Ssh',
  'Tls',
  'Uefi',
];

/** A name in camel case as words. Short forms are in capitals: `BmcUnreachable` is BMC unreachable. */
export function wordsOf(name: string): string {
  const parts = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g) ?? [name];
  return parts
    .map((part, at) => {
      if (shortForms.includes(part)) return part.toUpperCase();
      return at === 0 || /^[A-Z]{2,}$/.test(part) ? part : part.toLowerCase();
    })
    .join(' ');
}
