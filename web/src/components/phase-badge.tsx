import type { MachinePhase } from '../../../src/api/machine/phases.ts';
import { phaseTone, phaseWords } from '../format/phase.ts';
import { Badge } from './badge.tsx';

/** A machine's phase as a word with a colour. */
export function PhaseBadge({ phase }: { phase: MachinePhase | undefined }) {
  return <Badge tone={phaseTone(phase)}>{phaseWords(phase)}</Badge>;
}
