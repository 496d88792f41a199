import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import type { ProgramResult, RunProgram } from '../host/programs.ts';
import { growFileSystem, growLastPartition } from './grow.ts';
import { efiPartition, lastPartition, parsePartitionTable } from './partitions.ts';

const json = JSON.stringify({
  partitiontable: {
    label: 'gpt',
    partitions: [
      { node: '/dev/nvme0n1p1', start: 131072, size: 8255489, type: '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709' },
      { node: '/dev/nvme0n1p14', start: 2048, size: 2048, type: '21686148-6449-6E6F-744E-656564454649' },
      { node: '/dev/nvme0n1p15', start: 4096, size: 126976, type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' },
    ],
  },
});

describe('a partition table', () => {
  const table = parsePartitionTable(json);
  it('is read with the numbers of its partitions', () => {
    expect(table?.partitions.map(({ number }) => number)).toEqual([1, 14, 15]);
  });
  it('has the last partition of the disk, whatever its number', () => {
    expect(table && lastPartition(table)?.number).toBe(1);
  });
  it('has its EFI system partition by type', () => {
    expect(table && efiPartition(table)?.device).toBe('/dev/nvme0n1p15');
  });
  it('may be missing', () => expect(parsePartitionTable('')).toBeUndefined());
  it('is refused when it is no JSON', () => expect(() => parsePartitionTable('{')).toThrow(DecodeError));
  it('is refused when a partition has no size', () => {
    const bad = { partitiontable: { label: 'gpt', partitions: [{ node: '/dev/sda1', start: 1 }] } };
    expect(() => parsePartitionTable(JSON.stringify(bad))).toThrow(DecodeError);
  });

  const partition = { device: '/dev/sda5', number: 5, start: 9, sectors: 9, type: '83' };
  it.each([
    ['the last partition by its number', table, [['sfdisk', '--partno', '1']]],
    ['no logical partition', { label: 'dos' as const, partitions: [partition] }, []],
    ['nothing where there is none', { label: 'gpt' as const, partitions: [] }, []],
  ])('grows %s', async (_name, what, expected) => {
    const calls: string[][] = [];
    const run: RunProgram = async (program, args) => {
      calls.push([program, ...args]);
      return { status: 0, stdout: '', stderr: '' } satisfies ProgramResult;
    };
    if (what !== undefined) await growLastPartition(run, '/dev/sda', what);
    expect(calls.map((call) => call.filter((word) => /^(sfdisk|--partno|\d+)$/.test(word)))).toEqual(
      expected,
    );
  });

  it.each([
    ['ext4', 'resize2fs /dev/sda3'],
    ['xfs', 'xfs_growfs /mnt'],
    ['btrfs', ''],
  ])('grows a file system by its own tool: %s', async (type, expected) => {
    const calls: string[] = [];
    const run: RunProgram = async (program, args) => {
      calls.push([program, ...args].join(' '));
      return { status: 0, stdout: '', stderr: '' };
    };
    await growFileSystem(run, '/dev/sda3', type, '/mnt');
    expect(calls.join()).toBe(expected);
  });
});
