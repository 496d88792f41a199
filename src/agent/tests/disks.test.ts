import { describe, expect, it } from 'vitest';
import type { DiskReader } from '../host/disk-reader.ts';
import { type Recording, replay } from '../testing/recorded-files.ts';
import { diskHealthTest } from './disk-health.ts';
import { diskReadTest } from './disk-read.ts';
import type { TestContext } from './types.ts';

const mebibyte = 1024 * 1024;
const sizeBytes = 2048 * mebibyte;

const machine = (...names: string[]): Recording => ({
  ...{ bytes: {}, links: {}, lists: { '/sys/block': names } },
  texts: Object.fromEntries(names.map((name) => [`/sys/block/${name}/size`, String(sizeBytes / 512)])),
});

interface Setup {
  disks?: string[];
  /** What a read of the n-th place does, and how long it takes. */
  read?: (nth: number) => { tookMs?: number; error?: string; short?: boolean; hangs?: boolean };
  smart?: Record<string, object>;
}

function setup({ disks = ['sda'], read = () => ({}), smart = {} }: Setup) {
  let now = 0;
  let nth = 0;
  const opened: string[] = [];
  const reader: DiskReader = {
    async read(_position, length) {
      nth += 1;
      const { tookMs = 5, error, short = false, hangs = false } = read(nth);
      if (hangs) return new Promise(() => {});
      now += tookMs;
      if (error !== undefined) throw new Error(error);
      return new Uint8Array(short ? length - 1 : length);
    },
    close: async () => {},
  };
  const none = () => Promise.reject(new Error('not in this test'));
  const context: TestContext = {
    files: replay(machine(...disks)),
    run: async (program, args) => {
      const answer = smart[args.at(-1) ?? ''];
      return {
        status: 0,
        stdout: program === 'smartctl' && answer !== undefined ? JSON.stringify(answer) : '',
        stderr: '',
      };
    },
    timing: {
      now: () => now,
      random: () => 0.5,
      // Three minutes pass only for who waits for a disk that hangs.
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, 50);
          signal?.addEventListener('abort', () => {
            clearTimeout(timer);
            reject(signal.reason);
          });
        }),
    },
    async openDisk({ name }) {
      opened.push(name);
      return reader;
    },
    ...{ check: none, askRack: none, signal: new AbortController().signal, progress() {} },
  };
  return { context, opened };
}

describe('reading of disks', () => {
  it('goes over both ends and 256 places of each disk, and tells the speed', async () => {
    const { context, opened } = setup({ disks: ['sda', 'sdb'] });
    expect(await diskReadTest(context)).toEqual({
      outcome: 'Passed',
      message: expect.stringMatching(/sda 288 MiB at \d+ MiB\/s; sdb 288 MiB/),
    });
    expect(opened).toEqual(['sda', 'sdb']);
  });

  it.each<[string, Setup['read'], string]>([
    ['an error', (nth) => (nth === 100 ? { error: 'EIO: i/o error, read' } : {}), 'after 99 MiB saw: EIO'],
    ['an end that comes too early', (nth) => (nth === 32 ? { short: true } : {}), 'ends at byte'],
    ['slow places', (nth) => (nth % 90 === 0 ? { tookMs: 4000 } : {}), '3 of 288 places took longer'],
    ['no answer at all', (nth) => (nth === 7 ? { hangs: true } : {}), 'no answer for 180 s at byte'],
  ])('fails by name of the disk for %s', async (_name, read, words) => {
    const { context } = setup(read === undefined ? {} : { read });
    const finding = await diskReadTest(context);
    expect(finding).toMatchObject({ outcome: 'Failed', message: expect.stringContaining(words) });
    expect(finding.message).toContain('sda');
  });

  it('takes one slow place for chance', async () => {
    const { context } = setup({ read: (nth) => (nth === 9 ? { tookMs: 9000 } : {}) });
    expect(await diskReadTest(context)).toMatchObject({ outcome: 'Passed' });
  });

  it('has nothing to do without disks', async () => {
    expect(await diskReadTest(setup({ disks: [] }).context)).toMatchObject({ outcome: 'Skipped' });
  });
});

describe('the health of disks', () => {
  const healthy = { smart_status: { passed: true } };
  const failing = { smart_status: { passed: false } };
  it.each<[string, string[], Record<string, object>, object]>([
    [
      'passes, and says who does not tell',
      ['sda', 'vda'],
      { '/dev/sda': healthy },
      { outcome: 'Passed', message: '1 disks call themselves healthy; 1 do not tell' },
    ],
    [
      'fails by the name of the disk',
      ['sda', 'sdb'],
      { '/dev/sda': healthy, '/dev/sdb': failing },
      { outcome: 'Failed', message: expect.stringMatching(/sdb.*failing/) },
    ],
    ['is not known where nobody tells', ['vda'], {}, { outcome: 'Skipped' }],
    ['is nothing without disks', [], {}, { outcome: 'Skipped' }],
  ])('%s', async (_name, disks, smart, expected) => {
    expect(await diskHealthTest(setup({ disks, smart }).context)).toMatchObject(expected);
  });
});
