import { parentPort, workerData } from 'node:worker_threads';
import { fuzz, minimise } from './engine.ts';
import { targets } from './targets.ts';

/*
 * Runs decoders one after the other and tells of each. The shared counters say which input it is at: a watchdog outside sees
 * them stand still.
 */

// Most inputs end in an error whose stack nobody reads; collecting it takes longer than the decoder.
Error.stackTraceLimit = 0;

const { names, seed, inputs, until, counters } = workerData;
const at = new Int32Array(counters);
const chosen = targets.filter(({ name }) => names.includes(name));
for (const [index, target] of chosen.entries()) {
  const began = performance.now();
  const ms = Math.max(0, until - Date.now()) / (chosen.length - index);
  const result = fuzz(target, seed, { inputs, ms }, (input) => Atomics.store(at, 0, input));
  Atomics.add(at, 1, 1);
  const finding = result.finding && minimise(target, result.finding);
  parentPort?.postMessage({ inputs: result.inputs, ms: performance.now() - began, finding });
}
