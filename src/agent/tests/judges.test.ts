import { describe, expect, it } from 'vitest';
import { replay } from '../testing/recorded-files.ts';
import { type ClockReading, judgeClock } from './clock.ts';
import { availableMiB, judgeCpus, parseCpuList } from './cpu.ts';
import { readHardwareErrors } from './hardware-errors.ts';
import { divide, judgeMemory } from './memory.ts';
import { judgeNetwork, type PortReading } from './network.ts';

describe('processors', () => {
  it.each([
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['0', [0]],
    ['', []],
    ['junk,5-4', []],
  ])('the list "%s"', (text, cpus) => expect(parseCpuList(text)).toEqual(cpus));

  const fine = { cpus: [0, 1], missing: 0, wrong: new Map<number, string>(), reported: [] };
  it.each([
    ['pass', fine, 'Passed', '2 processors'],
    ['fail by number', { ...fine, wrong: new Map([[1, 'saw abc']]) }, 'Failed', 'processor 1: saw abc'],
    ['fail when some are not at work', { ...fine, missing: 2 }, 'Failed', '2 that are present are not'],
    [
      'fail after a machine check',
      { ...fine, reported: ['[1.0] mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 5'] },
      'Failed',
      'machine check',
    ],
  ])('%s', (_name, seen, outcome, words) => {
    expect(judgeCpus(seen)).toMatchObject({ outcome, message: expect.stringContaining(words) });
  });
});

describe('memory', () => {
  it.each([
    [600, 2, { parts: 1, each: 344 }],
    [65_536, 64, { parts: 16, each: 3072 }],
    [65_536, 4, { parts: 4, each: 12_288 }],
    [100, 1, { parts: 1, each: 16 }],
  ])('of %i MiB free on %i processors is tested as %j', (free, cpus, expected) => {
    expect(divide(free, cpus)).toEqual(expected);
  });

  it('that is free is read from the kernel', () => {
    expect(availableMiB('MemTotal: 4 kB\nMemAvailable:    2097152 kB\n')).toBe(2048);
    expect(availableMiB('')).toBe(0);
  });

  const none = { corrected: 0, uncorrected: 0, reported: [] };
  it.each([
    ['passes', [], none, 'Passed', '100 MiB read back right (5 of 5 patterns)'],
    ['passes with what ECC corrected', [], { ...none, corrected: 3 }, 'Passed', 'corrected 3'],
    ['fails by what was read', ['expected 0xff at byte 7'], none, 'Failed', 'byte 7'],
    ['fails when ECC could not correct', [], { ...none, uncorrected: 1 }, 'Failed', 'counted 1'],
  ])('%s', (_name, wrong, errors, outcome, words) => {
    expect(judgeMemory(100, '100 MiB, 5 of 5 patterns', wrong, errors)).toMatchObject({
      outcome,
      message: expect.stringContaining(words),
    });
  });

  it('errors are summed over controllers, and found in the log', async () => {
    const mc = '/sys/devices/system/edac/mc';
    const texts = { [`${mc}/mc0/ce_count`]: '2', [`${mc}/mc1/ce_count`]: '3', [`${mc}/mc1/ue_count`]: '1' };
    const files = replay({ texts, bytes: {}, links: {}, lists: { [mc]: ['mc0', 'mc1', 'power'] } });
    const stdout = '[ 1.0] usb: fine\n[ 2.0] mce: [Hardware Error]: CPU 3: Machine Check\n';
    const errors = await readHardwareErrors(files, async () => ({ status: 0, stdout, stderr: '' }));
    expect(errors).toMatchObject({ corrected: 5, uncorrected: 1 });
    expect(errors.reported).toHaveLength(1);
  });
});

describe('the network', () => {
  const nic = { name: 'eth0', mac: '52:54:00:00:00:01', link: true, speedMbps: 10_000 };
  const port: PortReading = {
    ...{ nic, duplex: 'full', before: { packets: 10, errors: 5 }, after: { packets: 1010, errors: 5 } },
  };
  const times = Array.from({ length: 50 }, () => 3);
  it.each<[string, PortReading[], string[], number[], string, string]>([
    ['passes', [port], [], times, 'Passed', 'answers in 3 ms; eth0 10000 Mbit/s'],
    ['passes when one answer is lost', [port], ['reset'], times, 'Passed', '3 ms'],
    ['fails when more are lost', [port], ['reset', 'reset'], times, 'Failed', '2 did not come (reset)'],
    ['fails when nothing answers', [port], ['refused'], [], 'Failed', 'refused'],
    ['fails without a link', [{ ...port, nic: { ...nic, link: false } }], [], times, 'Failed', 'saw none'],
    ['fails at half duplex', [{ ...port, duplex: 'half' }], [], times, 'Failed', 'eth0: expected full'],
    [
      'fails when packets are damaged',
      [{ ...port, after: { packets: 1010, errors: 12 } }],
      [],
      times,
      'Failed',
      '7 of 1000',
    ],
  ])('%s', (_name, ports, lost, answered, outcome, words) => {
    expect(judgeNetwork(ports, lost, answered)).toMatchObject({
      outcome,
      message: expect.stringContaining(words),
    });
  });
});

describe('the clock', () => {
  const good: ClockReading = {
    ...{ ticked: { rtcSeconds: 5, elapsedMs: 5010 }, aheadMs: 400, source: 'tsc' },
  };
  it.each<[string, Partial<ClockReading>, string, string]>([
    ['passes', {}, 'Passed', 'ticks, time is counted by tsc'],
    ['passes two hours off, and says so', { aheadMs: 7_200_000 }, 'Passed', '2.0 h ahead'],
    ['passes without a hardware clock', { ticked: undefined }, 'Passed', 'no hardware clock'],
    ['passes when the rack tells no time', { aheadMs: undefined }, 'Passed', 'ticks'],
    ['fails when it stands', { ticked: { rtcSeconds: 0, elapsedMs: 5000 } }, 'Failed', 'by 0 s'],
    ['fails when it is years behind', { aheadMs: -9e10 }, 'Failed', '1042 days behind'],
  ])('%s', (_name, differences, outcome, words) => {
    expect(judgeClock({ ...good, ...differences })).toMatchObject({
      outcome,
      message: expect.stringContaining(words),
    });
  });
});
