import { describe, expect, it } from 'vitest';
import { machinePhases } from '../../../src/api/machine/phases.ts';
import { phaseTone, phaseWords, wordsOf } from './phase.ts';
import { binarySize, diskSize, memorySize } from './size.ts';
import { ageOf, durationOf } from './time.ts';

describe('words of names', () => {
  it.each([
    ['RescueEntryFailed', 'Rescue entry failed'],
    ['BmcUnreachable', 'BMC unreachable'],
    ['LateOsDhcp', 'Late OS DHCP'],
    ['BMCUnreachable', 'BMC unreachable'],
    ['Ready', 'Ready'],
    ['CloneConfiguration', 'Clone configuration'],
    ['', ''],
  ])('%s is %s', (name, words) => expect(wordsOf(name)).toBe(words));

  it('a machine without a phase is Unknown', () => expect(phaseWords(undefined)).toBe('Unknown'));
});

describe('colours of phases', () => {
  it.each(machinePhases.filter((phase) => phase.endsWith('Failed')))('%s is bad', (phase) =>
    expect(phaseTone(phase)).toBe('bad'),
  );
  it.each([
    ['Ready', 'ok'],
    ['Deployed', 'ok'],
    ['Deploying', 'busy'],
    ['Broken', 'warn'],
    ['New', 'quiet'],
    [undefined, 'quiet'],
  ] as const)('%s is %s', (phase, tone) => expect(phaseTone(phase)).toBe(tone));
});

describe('times', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  it.each([
    ['2026-11-23T11:59:55Z', 'now'],
    ['2026-11-23T12:00:30Z', 'now'],
    ['2026-11-23T11:59:20Z', '40 s ago'],
    ['2026-11-23T11:57:00Z', '3 min ago'],
    ['2026-11-23T09:00:00Z', '3 h ago'],
    ['2026-11-13T12:00:00Z', '10 d ago'],
    ['nonsense', '–'],
  ])('%s is %s', (at, age) => expect(ageOf(at, now)).toBe(age));

  it.each([
    [0.34, '0.3 s'],
    [59.9, '59.9 s'],
    [71.3, '1 min 11 s'],
    [3599.8, '1 h 0 min'],
    [3700, '1 h 1 min'],
  ])('%d seconds are %s', (seconds, words) => expect(durationOf(seconds)).toBe(words));
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [512 * 1024 ** 3, '512 GiB'],
  ])('%d bytes are %s', (bytes, words) => expect(binarySize(bytes)).toBe(words));
  it('disks are counted as they are sold', () => expect(diskSize(960_197_124_096)).toBe('960 GB'));
  it('memory comes in MiB', () => expect(memorySize(65_536)).toBe('64 GiB'));
});
