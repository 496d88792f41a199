import type { MachinePhase } from '../../api/machine/phases.ts';
import type { OwnedStatus } from './decision.ts';
import { type Observed, statusOf } from './observed.ts';

const limit = 32;

/** The machine's addresses: those reserved for it, the one that it booted with first; without any, the one it was seen with. */
export function addressesOf(observed: Observed, phase: MachinePhase | undefined): OwnedStatus['addresses'] {
  const { bootProgress } = statusOf(observed);
  const reserved = observed.addresses
    .filter(({ spec }) => spec.purpose === 'Auto' || spec.purpose === 'Static')
    .map(({ spec: { address, mac, subnet } }) => ({
      address,
      ...(mac === undefined ? {} : { mac }),
      subnet,
    }))
    .sort((a, b) => compare(a.address, b.address));
  const booted = (mac: string | undefined): boolean => mac !== undefined && mac === bootProgress?.mac;
  const sorted = [
    ...reserved.filter(({ mac }) => booted(mac)),
    ...reserved.filter(({ mac }) => !booted(mac)),
  ];
  if (sorted.length > 0) return sorted.slice(0, limit);
  const { address, mac, subnet } = bootProgress ?? {};
  if (phase !== 'Deployed' || address === undefined || subnet === undefined) return undefined;
  return [{ address, ...(mac === undefined ? {} : { mac }), subnet }];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
