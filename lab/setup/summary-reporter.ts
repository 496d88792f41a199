import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { countTests } from './count-tests.ts';

/**
 * Writes `passed failed skipped` into the file that METALWRIGHT_TEST_COUNTS names: vitest's own summary is no line that
 * a script can add up.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const path = process.env.METALWRIGHT_TEST_COUNTS;
    if (path === undefined) return;
    const { passed, failed, skipped } = countTests(
      modules.map((module) => ({
        failed: module.state() === 'failed',
        tests: [...module.children.allTests()].map((test) => test.result().state),
      })),
      errors.length,
    );
    writeFileSync(path, `${passed} ${failed} ${skipped}\n`);
  }
}
