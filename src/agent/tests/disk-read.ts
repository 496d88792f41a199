import { messageOf } from '../../errors/coded-error.ts';
import { disksToErase as builtIn, type Range, samplesOf, slicesOf } from '../erase/plan.ts';
import { describeDisk } from '../install/choose-root-disk.ts';
import { readDisks } from '../inventory/disks.ts';
import type { Disk } from '../inventory/types.ts';
import { failed, type HardwareTest, passed, skipped, type TestContext } from './types.ts';

const mebibyte = 1024 * 1024;
/** Places between the ends of a disk. */
const samples = 256;
/** A disk that takes so long for 1 MiB reads it again and again inside; more than a few such places are too many. */
const slowMs = 3_000;
const mostSlow = 2;
/** The kernel itself gives a request up after some minutes; a disk that hangs for so long hangs for good. */
const hungMs = 180_000;
/** Disks at a time. */
const atOnce = 3;

interface Reading {
  disk: Disk;
  bytes: number;
  tookMs: number;
  problems: string[];
}

/** Reads both ends of each disk that is built in, and a place in each of 256 equal parts of it. Nothing is written. */
export const diskReadTest: HardwareTest = async (context) => {
  const disks = builtIn(await readDisks(context.files));
  if (disks.length === 0) return skipped('no disk is built in');
  const waiting = [...disks];
  const readings: Reading[] = [];
  const work = async (): Promise<void> => {
    for (let disk = waiting.shift(); disk !== undefined; disk = waiting.shift()) {
      const share = (done: number): number => ((readings.length + done) / disks.length) * 100;
      readings.push(await readDisk(disk, context, share));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, disks.length) }, work));
  const problems = readings.flatMap((reading) => reading.problems);
  if (problems.length > 0) return failed(problems);
  return passed(readings.map(describe).join('; '));
};

async function readDisk(disk: Disk, context: TestContext, share: (done: number) => number): Promise<Reading> {
  const reading: Reading = { disk, bytes: 0, tookMs: 0, problems: [] };
  // What the kernel remembers of the disk says nothing of the disk.
  await context.run('blockdev', ['--flushbufs', `/dev/${disk.name}`]);
  const places = samplesOf(disk.sizeBytes, samples, context.timing.random).flatMap(inMebibytes);
  const slow: number[] = [];
  try {
    const reader = await context.openDisk(disk);
    try {
      for (const [index, { position, length }] of places.entries()) {
        context.signal.throwIfAborted();
        if (index % 16 === 0) context.progress(`reading ${disk.name}`, share(index / places.length));
        const startedAt = context.timing.now();
        const bytes = await orHang(reader.read(position, length), position, context);
        const tookMs = context.timing.now() - startedAt;
        if (bytes.length < length) throw new Error(`the disk ends at byte ${position + bytes.length}`);
        if (tookMs > slowMs) slow.push(position);
        reading.bytes += length;
        reading.tookMs += tookMs;
      }
    } finally {
      // A disk that hangs does not even let go.
      reader.close().catch(() => {});
    }
  } catch (error) {
    context.signal.throwIfAborted();
    const read = `${Math.floor(reading.bytes / mebibyte)} MiB`;
    reading.problems.push(
      `${describeDisk(disk)}: expected to read all places, after ${read} saw: ${messageOf(error)}`,
    );
  }
  if (slow.length > mostSlow)
    reading.problems.push(
      `${describeDisk(disk)}: expected 1 MiB within ${slowMs / 1000} s, ${slow.length} of ${places.length} places took longer (first at byte ${slow[0]})`,
    );
  return reading;
}

async function orHang(
  bytes: Promise<Uint8Array>,
  position: number,
  { timing, signal }: TestContext,
): Promise<Uint8Array> {
  const done = new AbortController();
  const hung = timing.sleep(hungMs, AbortSignal.any([signal, done.signal])).then(() => {
    throw new Error(`no answer for ${hungMs / 1000} s at byte ${position}`);
  });
  try {
    return await Promise.race([bytes, hung]);
  } finally {
    done.abort();
    hung.catch(() => {});
  }
}

function inMebibytes({ position, length }: Range): Range[] {
  return slicesOf(length, mebibyte).map((slice) => ({
    position: position + slice.position,
    length: slice.length,
  }));
}

function describe({ disk, bytes, tookMs }: Reading): string {
  const perSecond = Math.round(bytes / mebibyte / (Math.max(1, tookMs) / 1000));
  return `${disk.name} ${Math.floor(bytes / mebibyte)} MiB at ${perSecond} MiB/s`;
}
