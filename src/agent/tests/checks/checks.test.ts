import { describe, expect, it } from 'vitest';
import type { ProgramResult, RunProgram } from '../../host/programs.ts';
import { checkCpu, knownAnswer, round } from './cpu.ts';
import { checkMemory } from './memory.ts';
import { carryOutCheck, runCheckWith } from './run-check.ts';

const mebibyte = 1024 * 1024;
const deps = { now: () => 0, onPercent() {} };

describe('the processor check', () => {
  it('comes to the known answer, each time', () => {
    expect([round(), round()]).toEqual([knownAnswer, knownAnswer]);
    let now = 0;
    expect(checkCpu(2, { now: () => (now += 500) })).toBe('4 rounds');
  });

  it('is caught when the processor computes wrongly', () => {
    const imul = Math.imul;
    let left = 20_000;
    Math.imul = (one, other) => imul(one, other) ^ (left-- === 0 ? 1 : 0);
    try {
      expect(() => checkCpu(100, { now: () => 0 })).toThrow(/expected .* of round 2, saw/);
    } finally {
      Math.imul = imul;
    }
  });
});

/** Memory of which reading goes wrong: where, and how. */
function badMemory(damage: (block: Uint8Array) => unknown) {
  const blocks: Uint8Array[] = [];
  return (bytes: number): Uint8Array => {
    const block = Buffer.alloc(bytes);
    const set = block.set.bind(block);
    block.set = (content, offset) => {
      set(content, offset);
      damage(block);
    };
    blocks.push(block);
    return block;
  };
}

describe('the memory check', () => {
  it('goes over all of it with five patterns', async () => {
    expect(await checkMemory(40, 100, deps)).toBe('32 MiB, 5 of 5 patterns');
  });

  it('ends early when time is up, but after one pattern at least', async () => {
    let now = 0;
    expect(await checkMemory(16, 1, { ...deps, now: () => (now += 2000) })).toBe('16 MiB, 1 of 5 patterns');
  });

  it.each<[string, (block: Uint8Array) => unknown, RegExp]>([
    [
      'a bit that is stuck at 0',
      (block) => block.fill((block[5_000_000] ?? 0) & 0xfe, 5_000_000, 5_000_001),
      /ones/,
    ],
    ['a bit that is stuck at 1', (block) => block.fill((block[77] ?? 0) | 0x10, 77, 78), /byte 77 .*zeros/],
    [
      'an address line that is stuck',
      (block) => block.copyWithin(8 * mebibyte, 0, 4096),
      /random and address/,
    ],
  ])('finds %s', async (_name, damage, words) => {
    await expect(checkMemory(16, 100, { ...deps, allocate: badMemory(damage) })).rejects.toThrow(words);
  });
});

describe('a check in a process of its own', () => {
  const signal = new AbortController().signal;
  const answers = (result: Partial<ProgramResult>, output: string[] = []) => {
    const commands: string[][] = [];
    const run: RunProgram = async (name, args, options) => {
      commands.push([name, ...args]);
      for (const text of output) options?.onOutput?.(text);
      return { status: 0, stdout: '', stderr: '', ...result };
    };
    return { commands, check: runCheckWith(run, ['node', 'agent.mjs']) };
  };

  it('runs on the processor that is meant', async () => {
    const { commands, check } = answers({ stdout: 'right: 7 rounds\n' });
    expect(await check({ kind: 'cpu', seconds: 2, cpu: 5 }, signal)).toEqual({
      right: true,
      message: '7 rounds',
    });
    expect(commands).toEqual([['taskset', '-c', '5', 'node', 'agent.mjs', 'check', 'cpu', '2']]);
  });

  it('tells how far it is, and what was wrong', async () => {
    const { check } = answers({ stdout: '10 %\nwrong: byte 7\n' }, ['10 %\n', '20 %\n30 %\n']);
    const percents: number[] = [];
    const answer = await check({ kind: 'memory', seconds: 2, mebibytes: 64 }, signal, (at) =>
      percents.push(at),
    );
    expect(answer).toEqual({ right: false, message: 'byte 7' });
    expect(percents).toEqual([10, 30]);
  });

  it('has failed when it dies', async () => {
    const { check } = answers({ status: 128, stderr: 'SIGKILL' });
    expect(await check({ kind: 'memory', seconds: 2, mebibytes: 64 }, signal)).toEqual({
      ...{ right: false, message: 'the check died (SIGKILL)' },
    });
  });

  it('is stopped with the test', async () => {
    const { check } = answers({});
    await expect(
      check({ kind: 'cpu', seconds: 2, cpu: 5 }, AbortSignal.abort(new Error('over'))),
    ).rejects.toThrow('over');
  });

  it('answers on its standard output', async () => {
    const lines: string[] = [];
    await carryOutCheck(['memory', '1', '16'], (line) => lines.push(line));
    await carryOutCheck(['cpu', '0'], (line) => lines.push(line));
    expect(lines.filter((line) => !line.endsWith('%'))).toEqual([
      'right: 16 MiB, 5 of 5 patterns',
      'right: 1 rounds',
    ]);
  });
});
