import { describe, expect, it } from 'vitest';
import { AgentTaskResult, builtInTests } from '../../api/agent/schema.ts';
import type { TestOutcome } from '../contract.ts';
import { replay } from '../testing/recorded-files.ts';
import type { Timing } from '../time.ts';
import { runTests, summarize, tests } from './run-tests.ts';
import { failed, type HardwareTest, passed, skipped, type TestDeps } from './types.ts';

const fine: HardwareTest = async () => passed('fine');

/** Time in which only what is named passes: a limit of half an hour comes when it is told to. */
function setup(known: Record<string, HardwareTest>) {
  const reports: [string, string, number | undefined][] = [];
  const stop = new AbortController();
  const limits: (() => void)[] = [];
  const timing: Timing = {
    now: () => 0,
    random: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        limits.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const none = () => Promise.reject(new Error('not in this test'));
  const deps: TestDeps = {
    files: replay({ texts: {}, bytes: {}, links: {}, lists: {} }),
    run: async () => ({ status: 0, stdout: '', stderr: '' }),
    ...{ timing, openDisk: none, check: none, askRack: none },
  };
  const context = {
    report: (step: string, message: string, percent?: number) => void reports.push([step, message, percent]),
    sessionKey: '',
    signal: stop.signal,
  };
  const start = (names?: string[]) =>
    runTests({ id: 't', kind: 'Test', ...(names && { tests: names }) }, context, deps, known);
  return { start, reports, stop, limits };
}

describe('the tests of the hardware', () => {
  it('that the agent has are those of the contract', () => {
    expect(Object.keys(tests)).toEqual([...builtInTests]);
  });

  it('run one after the other, all of them where none is named, with progress over all', async () => {
    const order: string[] = [];
    const noting =
      (name: string): HardwareTest =>
      async ({ progress }) => {
        order.push(`${name} begins`);
        await Promise.resolve();
        progress('half way', 50);
        order.push(`${name} ends`);
        return passed('fine');
      };
    const { start, reports } = setup({ a: noting('a'), b: noting('b') });
    expect(await start()).toMatchObject({ message: 'passed: a, b' });
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(reports.filter(([step]) => step === 'b').map(([, , percent]) => percent)).toEqual([50, 75, 100]);
  });

  it.each<[string, HardwareTest, string]>([
    ['says so', async () => failed(['expected 4, saw 5', 'and 6']), 'expected 4, saw 5; and 6'],
    ['throws', () => Promise.reject(new Error('EIO')), 'EIO'],
  ])('go on after one that failed because it %s', async (_name, bad, words) => {
    const { start } = setup({ a: bad, b: fine });
    expect(await start()).toMatchObject({
      ...{
        outcome: 'Failed',
        reason: 'TestFailed',
        message: expect.stringContaining(`1 of 2 tests failed: a: ${words}`),
      },
      tests: [
        { name: 'a', outcome: 'Failed', message: words },
        { name: 'b', outcome: 'Passed' },
      ],
    });
  });

  it('do not wait for one that hangs', async () => {
    const { start, limits } = setup({ a: () => new Promise(() => {}), b: fine });
    const done = start();
    await expect.poll(() => limits.length).toBe(1);
    limits[0]?.();
    expect(await done).toMatchObject({ tests: [{ outcome: 'Failed' }, { outcome: 'Passed' }] });
  });

  it('fail where one is not known: nothing is passed that was not tested', async () => {
    const { start } = setup({ a: fine });
    expect(await start(['a', 'toString'])).toMatchObject({
      outcome: 'Failed',
      message: expect.stringContaining('toString: expected one of'),
    });
  });

  it('stop when the rack no longer wants them', async () => {
    const { start, stop } = setup({
      a: ({ signal }) => new Promise((_, no) => signal.addEventListener('abort', no)),
    });
    const done = start();
    stop.abort(new Error('taken back'));
    await expect(done).rejects.toThrow('taken back');
  });

  it('pass with what there was nothing of', async () => {
    const { start } = setup({ a: fine, b: async () => skipped('no disk') });
    expect(await start()).toMatchObject({ message: 'passed: a; nothing to test for b' });
  });

  it('name each failed one within the bounds of the contract, however much they say', () => {
    const many = Array.from(
      { length: 32 },
      (_, index): TestOutcome => ({
        ...{ name: `test-${index}`, outcome: 'Failed', seconds: 1, message: 'x'.repeat(500) },
      }),
    );
    const result = summarize(many);
    expect(AgentTaskResult.safeParse({ outcome: 'Failed', ...result }).success).toBe(true);
    for (const { name } of many) expect(result.message).toContain(`${name}:`);
  });
});
