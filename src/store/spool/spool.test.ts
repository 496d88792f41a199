import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { openSpool, type Spool } from './spool.ts';

const directories: string[] = [];
const open: Spool[] = [];
afterEach(async () => {
  for (const spool of open.splice(0)) await spool.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-spool-'));
  directories.push(directory);
  return directory;
}

async function opened(directory: string, limits: { maxBytes?: number; segmentBytes?: number } = {}) {
  const spool = await openSpool({ directory, maxBytes: 1_000_000, ...limits, log: silentLogger });
  open.push(spool);
  return spool;
}

/** Everything that waits, acknowledged or not. */
async function drain(spool: Spool, options: { acknowledge: boolean }): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const batch = await spool.read(options.acknowledge ? 40 : 10_000_000);
    if (batch === undefined) return texts;
    texts.push(...batch.payloads.map((payload) => payload.toString()));
    if (!options.acknowledge) return texts;
    await spool.acknowledge(batch.end);
  }
}

const segmentOf = (directory: string, number: number) =>
  join(directory, `${String(number).padStart(8, '0')}.spool`);

describe('the spool', () => {
  it('gives back what was appended in its order, over restarts and segments, until it is acknowledged', async () => {
    const directory = aDirectory();
    const first = await opened(directory, { segmentBytes: 60 });
    for (let n = 0; n < 20; n += 1) await first.append(Buffer.from(`payload ${n}`));
    await first.close();
    const second = await opened(directory, { segmentBytes: 60 });
    const texts = Array.from({ length: 20 }, (_, n) => `payload ${n}`);
    expect(await drain(second, { acknowledge: false })).toEqual(texts);
    const batch = await second.read(50);
    expect(batch?.payloads.length).toBeGreaterThan(0);
    if (batch !== undefined) await second.acknowledge(batch.end);
    await second.close();
    const third = await opened(directory, { segmentBytes: 60 });
    expect(await drain(third, { acknowledge: true })).toEqual(texts.slice(batch?.payloads.length));
    expect(third.waiting()).toBe(0);
    await third.append(Buffer.from('one more'));
    expect(await drain(third, { acknowledge: true })).toEqual(['one more']);
  });

  it('loses nothing but the torn end of a crash, wherever that tore it', async () => {
    const directory = aDirectory();
    const spool = await opened(directory);
    for (const text of ['one', 'two', 'three']) await spool.append(Buffer.from(text));
    await spool.close();
    const whole = readFileSync(segmentOf(directory, 1));
    for (let cut = 1; cut < 13; cut += 1) {
      writeFileSync(segmentOf(directory, 1), whole.subarray(0, whole.length - cut));
      const again = await opened(directory);
      expect(await drain(again, { acknowledge: false })).toEqual(['one', 'two']);
      await again.append(Buffer.from('four'));
      expect(await drain(again, { acknowledge: false })).toEqual(['one', 'two', 'four']);
      await again.close();
    }
    for (const rubbish of [Buffer.alloc(64), Buffer.from('rubbish rubbish'), Buffer.from([0, 0])]) {
      writeFileSync(segmentOf(directory, 1), Buffer.concat([whole, rubbish]));
      const again = await opened(directory);
      expect(await drain(again, { acknowledge: false })).toEqual(['one', 'two', 'three']);
      await again.close();
    }
  });

  it('puts a segment aside whose middle is damaged, and goes on with the next', async () => {
    const directory = aDirectory();
    const spool = await opened(directory, { segmentBytes: 10 });
    for (const text of ['one', 'two', 'three']) await spool.append(Buffer.from(text.repeat(4)));
    await spool.close();
    const bytes = readFileSync(segmentOf(directory, 2));
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    writeFileSync(segmentOf(directory, 2), bytes);
    const again = await opened(directory, { segmentBytes: 10 });
    expect(await drain(again, { acknowledge: true })).toEqual(['one'.repeat(4), 'three'.repeat(4)]);
    expect(readdirSync(directory)).toContain('00000002.spool.damaged');
  });

  it('is full at its limit, takes nothing of what has no place, and takes it when there is place again', async () => {
    const directory = aDirectory();
    const spool = await opened(directory, { maxBytes: 400 });
    const payload = (n: number) => Buffer.from(`${n}`.padStart(42, 'x'));
    let taken = 0;
    await expect(async () => {
      for (;;) {
        await spool.append(payload(taken));
        taken += 1;
      }
    }).rejects.toMatchObject({ code: 'SpoolFull', retryable: true });
    expect(taken).toBe(8);
    const files = readdirSync(directory).filter((name) => name.endsWith('.spool'));
    const bytes = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(400);
    expect(await drain(spool, { acknowledge: true })).toEqual(
      Array.from({ length: 8 }, (_, n) => payload(n).toString()),
    );
    for (let round = 0; round < 8; round += 1) {
      await spool.append(payload(round));
      expect(await drain(spool, { acknowledge: true })).toEqual([payload(round).toString()]);
    }
  });

  it('does not take the place of files that are gone for a place in new ones', async () => {
    const directory = aDirectory();
    writeFileSync(join(directory, 'acknowledged'), '2 10\n');
    const spool = await opened(directory, { segmentBytes: 20 });
    for (const text of ['one-one-one', 'two-two-two', 'three-three']) await spool.append(Buffer.from(text));
    await spool.close();
    const again = await opened(directory, { segmentBytes: 20 });
    expect(await drain(again, { acknowledge: true })).toEqual(['one-one-one', 'two-two-two', 'three-three']);
  });

  it('keeps every payload once and in order, whatever is appended, read, acknowledged and torn', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), length: fc.integer({ min: 1, max: 90 }) }),
      fc.record({ do: fc.constant('take' as const), bytes: fc.integer({ min: 1, max: 200 }) }),
      fc.constant({ do: 'restart' as const }),
      fc.record({ do: fc.constant('crash' as const), tail: fc.uint8Array({ minLength: 1, maxLength: 12 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 16 }), async (steps) => {
        const directory = aDirectory();
        let spool = await opened(directory, { segmentBytes: 128 });
        const wanted: string[] = [];
        const got: string[] = [];
        const reopen = async (): Promise<void> => {
          await spool.close();
          spool = await opened(directory, { segmentBytes: 128 });
        };
        for (const [number, each] of steps.entries()) {
          if (each.do === 'append') {
            const text = `${number}`.padEnd(each.length, '.');
            await spool.append(Buffer.from(text));
            wanted.push(text);
          } else if (each.do === 'take') {
            const batch = await spool.read(each.bytes);
            got.push(...(batch?.payloads.map(String) ?? []));
            if (batch !== undefined) await spool.acknowledge(batch.end);
          } else if (each.do === 'restart') await reopen();
          else {
            const last = readdirSync(directory)
              .filter((name) => name.endsWith('.spool'))
              .sort()
              .at(-1);
            if (last !== undefined) appendFileSync(join(directory, last), each.tail);
            await reopen();
          }
        }
        got.push(...(await drain(spool, { acknowledge: true })));
        expect(got).toEqual(wanted);
        expect(spool.waiting()).toBe(0);
      }),
      { numRuns: 10 },
    );
  });
});
