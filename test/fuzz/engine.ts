import { messageOf } from '../../src/errors/coded-error.ts';
import { mutate } from './mutate.ts';
import { createRandom, seedOf } from './random.ts';
import type { Target } from './target.ts';

/** How long one run goes on: whichever comes first. */
export interface Budget {
  inputs: number;
  ms: number;
}

/** An input that a decoder did not stand. */
export interface Finding {
  index: number;
  input: Uint8Array;
  problem: string;
}

const batchSize = 1000;
/** A batch of small inputs takes milliseconds: this is far from what a busy machine does to it. */
const slowestBatchMs = 30_000;

/** Input number `index` of a run. */
export function inputOf(target: Target, seed: number, index: number): Uint8Array {
  return mutate(target, createRandom(seedOf(seed, target.name, index)));
}

/** Why a decoder does not stand an input; undefined: it does. */
export function problemOf(target: Target, input: Uint8Array): string | undefined {
  try {
    target.run(input);
    return undefined;
  } catch (error) {
    return error instanceof Error && error.name !== 'Error'
      ? `${error.name}: ${error.message}`
      : messageOf(error);
  }
}

/**
 * Feeds a decoder until the budget is used up or an input breaks it. `progress` is told each index before its input is run.
 */
export function fuzz(
  target: Target,
  seed: number,
  budget: Budget,
  progress: (index: number) => void = () => {},
): { inputs: number; finding?: Finding } {
  const began = performance.now();
  let batchBegan = began;
  for (let index = 0; index < budget.inputs; index += 1) {
    if (index % batchSize === 0) {
      const now = performance.now();
      if (now - batchBegan > slowestBatchMs)
        return { inputs: index, finding: slowest(target, seed, index - batchSize) };
      if (index > 0 && now - began > budget.ms) return { inputs: index };
      batchBegan = now;
    }
    progress(index);
    const input = inputOf(target, seed, index);
    const problem = problemOf(target, input);
    if (problem !== undefined) return { inputs: index + 1, finding: { index, input, problem } };
  }
  return { inputs: budget.inputs };
}

function slowest(target: Target, seed: number, from: number): Finding {
  let worst = { index: from, ms: -1 };
  for (let index = from; index < from + batchSize; index += 1) {
    const input = inputOf(target, seed, index);
    const began = performance.now();
    problemOf(target, input);
    const ms = performance.now() - began;
    if (ms > worst.ms) worst = { index, ms };
  }
  const { index, ms } = worst;
  return { index, input: inputOf(target, seed, index), problem: `slow: ${Math.round(ms)} ms for one input` };
}

/** A smaller input with the same problem: pieces are cut out as long as it stays, then bytes are made zero. */
export function minimise(target: Target, finding: Finding): Finding {
  const kind = kindOf(finding.problem);
  const keeps = (input: Uint8Array): boolean => {
    const problem = problemOf(target, input);
    return problem !== undefined && kindOf(problem) === kind;
  };
  if (finding.problem.startsWith('slow') || !keeps(finding.input)) return finding;
  let input = finding.input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < input.length; ) {
      const shorter = Uint8Array.from([...input.subarray(0, at), ...input.subarray(at + size)]);
      if (keeps(shorter)) input = shorter;
      else at += size;
    }
  }
  for (let at = 0; at < input.length; at += 1) {
    const simpler = Uint8Array.from(input);
    simpler[at] = 0;
    if (keeps(simpler)) input = simpler;
  }
  return { ...finding, input, problem: problemOf(target, input) ?? finding.problem };
}

/** The problem without what depends on the input. */
function kindOf(problem: string): string {
  return problem.split(':')[0]?.replaceAll(/\d+/g, '#') ?? '';
}
