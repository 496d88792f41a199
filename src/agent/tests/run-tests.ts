import { messageOf } from '../../errors/coded-error.ts';
import type { BuiltInTest, TestOutcome, TestTask } from '../contract.ts';
import { agentErrors } from '../errors.ts';
import { settleHardware } from '../host/machine.ts';
import type { Handled, TaskContext } from '../work.ts';
import { clockTest } from './clock.ts';
import { cpuTest } from './cpu.ts';
import { diskHealthTest } from './disk-health.ts';
import { diskReadTest } from './disk-read.ts';
import { memoryTest } from './memory.ts';
import { networkTest } from './network.ts';
import { type Finding, failed, type HardwareTest, type TestDeps } from './types.ts';

/** All that this agent can test. */
export const tests: Readonly<Record<BuiltInTest, HardwareTest>> = {
  clock: clockTest,
  cpu: cpuTest,
  memory: memoryTest,
  'disk-health': diskHealthTest,
  'disk-read': diskReadTest,
  network: networkTest,
};

/** No test takes so long but one that hangs. */
const longestMs = 30 * 60_000;

/**
 * Runs the tests of the task one after the other, every one of them whatever the ones before came to. A test that throws,
 * hangs or is not known to this agent has failed.
 */
export async function runTests(
  task: TestTask,
  context: TaskContext,
  deps: TestDeps,
  known: Readonly<Record<string, HardwareTest>> = tests,
): Promise<Handled> {
  context.report('Hardware', 'looking for disks');
  await settleHardware(deps.run, context.signal);
  const names = [...new Set(task.tests?.length ? task.tests : Object.keys(known))].slice(0, 32);
  const outcomes: TestOutcome[] = [];
  for (const [index, name] of names.entries()) {
    context.signal.throwIfAborted();
    const progress = (message: string, percent = 0): void =>
      context.report(name, `test ${name}: ${message}`, ((index + percent / 100) / names.length) * 100);
    progress('starting');
    const startedAt = deps.timing.now();
    const test = Object.hasOwn(known, name) ? known[name] : undefined;
    const finding = await runOne(name, test, context, deps, progress);
    const seconds = Math.max(0, Math.round((deps.timing.now() - startedAt) / 100) / 10);
    outcomes.push({ name, ...finding, message: finding.message.slice(0, 500), seconds });
    progress(`${finding.outcome}: ${finding.message}`, 100);
  }
  return summarize(outcomes);
}

async function runOne(
  name: string,
  test: HardwareTest | undefined,
  context: TaskContext,
  deps: TestDeps,
  progress: (message: string, percent?: number) => void,
): Promise<Finding> {
  if (test === undefined)
    return failed([`expected one of ${Object.keys(tests).join(', ')}; this agent has no test "${name}"`]);
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const late = deps.timing.sleep(longestMs, signal).then(
    () => failed([`expected an end within ${longestMs / 60_000} min, it goes on`]),
    () => new Promise<Finding>(() => {}),
  );
  try {
    return await Promise.race([test({ ...deps, signal, progress }), late]);
  } catch (error) {
    context.signal.throwIfAborted();
    return failed([messageOf(error)]);
  } finally {
    over.abort(new Error('the test is over'));
  }
}

/** What the task came to. */
export function summarize(outcomes: readonly TestOutcome[]): Handled {
  const of = (outcome: TestOutcome['outcome']): TestOutcome[] =>
    outcomes.filter((test) => test.outcome === outcome);
  const names = (list: readonly TestOutcome[]): string => list.map(({ name }) => name).join(', ');
  const failures = of('Failed');
  if (failures.length > 0) {
    // Each failed test is named, however long what it says is.
    const room = Math.floor((800 - names(failures).length) / failures.length) - 4;
    const words =
      room < 8
        ? names(failures)
        : failures.map(({ name, message }) => `${name}: ${message.slice(0, room)}`).join('; ');
    const message = `${failures.length} of ${outcomes.length} tests failed: ${words}: ${agentErrors.TestFailed}`;
    return { outcome: 'Failed', reason: 'TestFailed', message: message.slice(0, 1000), tests: [...outcomes] };
  }
  const skips = of('Skipped');
  const rest = skips.length === 0 ? '' : `; nothing to test for ${names(skips)}`;
  return { message: `passed: ${names(of('Passed')) || 'none'}${rest}`, tests: [...outcomes] };
}
