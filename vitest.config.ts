import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/integration/shared/longest-first.ts';

/**
 * Suites by folder: unit tests sit beside the code; `test/integration` needs a real API server or network
 * namespaces; `test/e2e` boots virtual machines. `./dev test` runs them in this order.
 * `test/cluster` installs the chart on a real node, last.
 * `test/e2e-lifecycle` has stories that are too long for that: they run one by one, by `./dev test e2e lifecycle`, `virtual-media` or `browser`.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/unit/**/*.test.ts',
            'lab/**/*.test.ts',
            'images/**/*.test.ts',
            'web/src/**/*.test.ts',
          ],
          testTimeout: 20_000,
          // No file changes what another could see: one process for many files saves the loading of modules. They wait as well.
          isolate: false,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/integration/shared/lender.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Whoever looks more often keeps the API server from what is waited for.
          expect: { poll: { interval: 200, timeout: 15_000 } },
          // They wait more than they compute.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 1_800_000,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'lifecycle',
          include: ['test/e2e-lifecycle/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
