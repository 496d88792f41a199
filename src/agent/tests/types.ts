import type { TestOutcome } from '../contract.ts';
import type { OpenDiskReader } from '../host/disk-reader.ts';
import type { Files } from '../host/files.ts';
import type { RunProgram } from '../host/programs.ts';
import type { Timing } from '../time.ts';
import type { AskRack } from './ask-rack.ts';
import type { RunCheck } from './checks/run-check.ts';

/** What one test found. A failure says what was expected and what was seen. */
export type Finding = Pick<TestOutcome, 'outcome' | 'message'>;

/** What tests have of the machine. None of them writes to a disk. */
export interface TestDeps {
  files: Files;
  run: RunProgram;
  timing: Timing;
  openDisk: OpenDiskReader;
  /** Starts a computation in a process of its own, so that a fault or the lack of memory ends that one alone. */
  check: RunCheck;
  askRack: AskRack;
}

export interface TestContext extends TestDeps {
  signal: AbortSignal;
  /** How far the test is, in words and percent of itself. */
  progress(message: string, percent?: number): void;
}

/** One test of the hardware. What it throws counts as a failure of the test. */
export type HardwareTest = (context: TestContext) => Promise<Finding>;

export function passed(message: string): Finding {
  return { outcome: 'Passed', message };
}

/** Several things that are wrong, in one line. */
export function failed(problems: readonly string[]): Finding {
  return { outcome: 'Failed', message: problems.join('; ') };
}

export function skipped(message: string): Finding {
  return { outcome: 'Skipped', message };
}
