import { randomFillSync } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

const mebibyte = 1024 * 1024;
const blockBytes = 16 * mebibyte;
/** Of the address stamp, which each page of a block carries. */
const pageBytes = 4096;

/** What each block is filled with, one after the other; the last one differs from page to page. */
const patterns = ['zeros', 'ones', 'aa', '55', 'random and address'] as const;

export interface MemoryCheckDeps {
  now(): number;
  onPercent(percent: number): void;
  /** Memory of the test; in a test of the test, memory that is bad. */
  allocate?(bytes: number): Uint8Array;
}

/**
 * Fills so much memory with one pattern, all of it, then reads all of it back; then the next pattern. All of it is held at
 * once, so each pass goes over other cells and far beyond the caches.
 *
 * @param mebibytes how much, in whole blocks of 16 MiB, one at least
 * @param seconds no further pass begins after so long; the first is always finished
 * @throws when a byte is not what was written
 */
export async function checkMemory(
  mebibytes: number,
  seconds: number,
  deps: MemoryCheckDeps,
): Promise<string> {
  const allocate = deps.allocate ?? ((bytes: number) => Buffer.allocUnsafeSlow(bytes));
  const count = Math.max(1, Math.floor((mebibytes * mebibyte) / blockBytes));
  const blocks = Array.from({ length: count }, () => allocate(blockBytes));
  const reference = Buffer.allocUnsafeSlow(blockBytes);
  const startedAt = deps.now();
  const steps = patterns.length * count * 2;
  let step = 0;
  let passes = 0;
  for (const pattern of patterns) {
    if (passes > 0 && deps.now() - startedAt > seconds * 1000) break;
    fill(reference, pattern);
    for (const act of [write, verify]) {
      for (const [index, block] of blocks.entries()) {
        if (pattern === 'random and address') stamp(reference, index);
        act(block, reference, pattern, index);
        step += 1;
        if (step % 16 === 0) deps.onPercent(Math.floor((step / steps) * 100));
        await setImmediate();
      }
    }
    passes += 1;
  }
  return `${(count * blockBytes) / mebibyte} MiB, ${passes} of ${patterns.length} patterns`;
}

function write(block: Uint8Array, reference: Uint8Array): void {
  block.set(reference);
}

function verify(block: Uint8Array, reference: Uint8Array, pattern: string, index: number): void {
  if (Buffer.compare(block, reference) === 0) return;
  const at = block.findIndex((byte, position) => byte !== reference[position]);
  const [expected, seen] = [reference[at] ?? 0, block[at] ?? 0].map((byte) => byte.toString(16));
  throw new Error(
    `expected 0x${expected} at byte ${at} of block ${index} (pattern ${pattern}), read back 0x${seen}`,
  );
}

function fill(reference: Uint8Array, pattern: (typeof patterns)[number]): void {
  const bytes = { zeros: 0x00, ones: 0xff, aa: 0xaa, '55': 0x55 } as const;
  if (pattern === 'random and address') randomFillSync(reference);
  else reference.fill(bytes[pattern]);
}

/** Another number in each page: an address line that is stuck makes two pages one. */
function stamp(reference: Uint8Array, block: number): void {
  const view = new DataView(reference.buffer, reference.byteOffset);
  for (let at = 0; at < reference.length; at += pageBytes)
    view.setFloat64(at, block * (blockBytes / pageBytes) + at / pageBytes);
}
