import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunProgram } from '../host/programs.ts';
import { aDisk } from '../testing/a-disk.ts';
import { createMemoryDevice, type MemoryDevice } from '../testing/memory-device.ts';
import { type Recording, replay } from '../testing/recorded-files.ts';
import { erase } from './erase.ts';
import { disksToErase, endBytes, endsOf, firstNonZero, samplesOf, slicesOf } from './plan.ts';

const mebibyte = 1024 * 1024;
const sizeBytes = 40 * mebibyte;

/** A machine with one disk `sda` that has one partition, and can discard. */
const machine: Recording = {
  texts: {
    '/sys/block/sda/size': String(sizeBytes / 512),
    '/sys/block/sda/removable': '0',
    '/sys/block/sda/queue/discard_max_bytes': '1048576',
  },
  bytes: {},
  lists: { '/sys/block': ['loop0', 'sda'], '/sys/block/sda': ['queue', 'sda1', 'size'] },
  links: {},
};

async function run(mode: 'Quick' | 'Full', device: MemoryDevice) {
  const commands: string[] = [];
  const program: RunProgram = async (name, args) => {
    commands.push([name, ...args].join(' '));
    return { status: 0, stdout: '', stderr: '' };
  };
  const context = { report() {}, sessionKey: '', signal: new AbortController().signal };
  const deps = { files: replay(machine), run: program, openDevice: async () => device, random: () => 0.5 };
  const outcome = await erase({ id: 't', kind: 'Erase', mode }, context, deps).catch(
    (error: unknown) => error,
  );
  return { commands, outcome };
}

describe('an erase', () => {
  it('quick: discards, removes signatures of disk and partitions, zeroes and checks both ends', async () => {
    const device = createMemoryDevice(sizeBytes);
    const { commands, outcome } = await run('Quick', device);
    expect(outcome).toMatchObject({ message: expect.stringContaining('sda') });
    expect(commands).toEqual([
      'wipefs --all --force /dev/sda1',
      'wipefs --all --force /dev/sda',
      'blkdiscard --force /dev/sda',
      'blockdev --flushbufs /dev/sda',
      'blockdev --rereadpt /dev/sda',
    ]);
    expect(firstNonZero(device.bytes.slice(0, endBytes))).toBeUndefined();
    expect(firstNonZero(device.bytes.slice(sizeBytes - endBytes))).toBeUndefined();
  });

  it('full: leaves nothing but zeros', async () => {
    const device = createMemoryDevice(sizeBytes);
    expect((await run('Full', device)).outcome).toMatchObject({ message: expect.stringContaining('fully') });
    expect(firstNonZero(device.bytes)).toBeUndefined();
  });

  it('fails when the disk says that it wrote, but did not', async () => {
    const device = createMemoryDevice(sizeBytes);
    device.zero = async () => {};
    expect((await run('Quick', device)).outcome).toMatchObject({ code: 'EraseFailed' });
  });

  it('fails when the disk cannot be written', async () => {
    const device = createMemoryDevice(sizeBytes);
    device.zero = () => Promise.reject(new Error('EIO: i/o error'));
    const { outcome } = await run('Full', device);
    expect(outcome).toMatchObject({ code: 'EraseFailed', message: expect.stringContaining('EIO') });
  });
});

describe('the plan of an erase', () => {
  it('leaves out what is removable', () => {
    const disks = [aDisk({ name: 'sda' }), aDisk({ name: 'sdb', removable: true })];
    expect(disksToErase(disks).map(({ name }) => name)).toEqual(['sda']);
  });

  it('cuts a disk into slices without gap or overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 999 }), (size, slice) => {
        const slices = slicesOf(size, slice);
        const end = slices.reduce(
          (at, { position, length }) => (position === at ? at + length : Number.NaN),
          0,
        );
        expect(end).toBe(size);
      }),
    );
  });

  it('takes both ends, and samples that lie inside the disk', () => {
    const size = 5 * 1024 ** 3;
    expect(endsOf(10)).toEqual([{ position: 0, length: 10 }]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const ranges = samplesOf(size, 128, () => random);
        expect(ranges).toHaveLength(130);
        expect(ranges.every(({ position, length }) => position >= 0 && position + length <= size)).toBe(true);
      }),
    );
  });

  it('finds the first byte that is not zero', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(220), (length, at) => {
        const bytes = new Uint8Array(length);
        if (at < length) bytes[at] = 7;
        expect(firstNonZero(bytes)).toBe(at < length ? at : undefined);
      }),
    );
  });
});
