import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { countTests, type FileResult, type TestCounts } from './count-tests.ts';

/**
 * Writes `passed failed skipped` into the file that METALWRIGHT_TEST_COUNTS names, and below it for each file that failed its
 * own three numbers and its path: vitest's own summary is nothing that a script can read.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const path = process.env.METALWRIGHT_TEST_COUNTS;
    if (path === undefined) return;
    const failed = modules.filter((module) => module.state() === 'failed');
    const lines = [
      numbers(countTests(modules.map(resultOf), errors.length)),
      ...failed.map((module) => `${numbers(countTests([resultOf(module)], 0))} ${module.moduleId}`),
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
  }
}

function resultOf(module: TestModule): FileResult {
  return {
    failed: module.state() === 'failed',
    tests: [...module.children.allTests()].map((test) => test.result().state),
  };
}

const numbers = ({ passed, failed, skipped }: TestCounts) => `${passed} ${failed} ${skipped}`;
