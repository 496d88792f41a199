/** How one test file ended. */
export interface FileResult {
  /** True also when the file broke outside its tests: an import, a hook. */
  failed: boolean;
  tests: readonly ('passed' | 'failed' | 'skipped' | 'pending')[];
}

/** Numbers of a whole run. */
export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds up a run; a file that failed without a failed test counts as one failure, as does each unhandled error. */
export function countTests(files: readonly FileResult[], unhandledErrors: number): TestCounts {
  const counts: TestCounts = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const { failed, tests } of files) {
    const of = (state: FileResult['tests'][number]) => tests.filter((test) => test === state).length;
    counts.passed += of('passed');
    counts.failed += of('failed') + of('pending');
    counts.skipped += of('skipped');
    if (failed && of('failed') + of('pending') === 0) counts.failed++;
  }
  return counts;
}
