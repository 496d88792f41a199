import { Worker } from 'node:worker_threads';
import { type Finding, inputOf } from './engine.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

/*
 * Feeds mutated packets to every decoder: `node test/fuzz/cli.ts [COUNT | SECONDSs] [DECODER] [--seed=N]`. COUNT inputs
 * for each decoder (default a million), or all of them within the seconds. Ends with "N passed, N failed".
 */

const hangMs = 30_000;
const heapMiB = 1024;

interface Wanted {
  /** For each decoder. */
  inputs: number;
  /** When all of them have to be done, in ms since the epoch. */
  until: number;
  seed: number;
  chosen: readonly Target[];
}

interface Outcome {
  inputs: number;
  ms: number;
  finding?: Finding | undefined;
}

function readArguments(words: readonly string[]): Wanted {
  let seed = Math.floor(Math.random() * 2 ** 31);
  let inputs = 1_000_000;
  let until = Number.MAX_SAFE_INTEGER;
  let chosen = targets;
  for (const word of words) {
    if (/^--seed=\d+$/.test(word)) seed = Number(word.slice(7));
    else if (/^\d+$/.test(word)) inputs = Number(word);
    else if (/^\d+s$/.test(word)) {
      inputs = Number.MAX_SAFE_INTEGER;
      until = Date.now() + 1000 * Number(word.slice(0, -1));
    } else chosen = targets.filter(({ name }) => name === word);
    if (chosen.length === 0) {
      throw new Error(`there is no decoder ${word}: ${targets.map(({ name }) => name).join(', ')}`);
    }
  }
  return { inputs, until, seed, chosen };
}

/**
 * In a thread of its own, so that a decoder that never ends, or takes all memory, is a finding and not the end: the rest goes
 * on in another thread.
 */
function runApart(
  chosen: readonly Target[],
  wanted: Wanted,
  tell: (target: Target, outcome: Outcome) => void,
): Promise<void> {
  const { inputs, until, seed } = wanted;
  const counters = new SharedArrayBuffer(8);
  const at = new Int32Array(counters);
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { names: chosen.map(({ name }) => name), seed, inputs, until, counters },
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const left = [...chosen];
  return new Promise((resolve) => {
    let last = { input: -1, target: -1, since: performance.now() };
    const watchdog = setInterval(() => {
      const [input, target] = [Atomics.load(at, 0), Atomics.load(at, 1)];
      if (input !== last.input || target !== last.target) last = { input, target, since: performance.now() };
      else if (performance.now() - last.since > hangMs) broken(`no end within ${hangMs / 1000} s`);
    }, 500);
    const finish = async (): Promise<void> => {
      clearInterval(watchdog);
      await worker.terminate();
      if (left.length > 0) await runApart(left, wanted, tell);
      resolve();
    };
    const broken = (problem: string): void => {
      const index = Atomics.load(at, 0);
      const target = left.shift();
      if (target !== undefined)
        tell(target, {
          inputs: index,
          ms: 0,
          finding: { index, input: inputOf(target, seed, index), problem },
        });
      void finish();
    };
    worker.on('message', (outcome: Outcome) => {
      const target = left.shift();
      if (target !== undefined) tell(target, outcome);
      if (left.length === 0) void finish();
    });
    worker.once('error', (error) => broken(error.message));
  });
}

const wanted = readArguments(process.argv.slice(2));
let failed = 0;
console.log(`seed ${wanted.seed}`);
await runApart(wanted.chosen, wanted, ({ name }, { inputs, ms, finding }) => {
  if (finding === undefined) {
    console.log(`ok    ${name}: ${inputs} inputs in ${(ms / 1000).toFixed(1)} s`);
    return;
  }
  failed += 1;
  console.log(`FAIL  ${name}: ${finding.problem}`);
  console.log(
    `      input ${finding.index} of seed ${wanted.seed}: ${Buffer.from(finding.input).toString('hex')}`,
  );
  console.log(`      keep it: test/fuzz/findings/${name}--WHAT-IT-IS.hex`);
});
console.log(`${wanted.chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
