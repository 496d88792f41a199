import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fuzz, inputOf, minimise } from '../fuzz/engine.ts';
import { bytesTarget } from '../fuzz/target.ts';
import { targets } from '../fuzz/targets.ts';

const folder = join(import.meta.dirname, '..', 'fuzz', 'findings');

describe('inputs that once broke a decoder', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.hex')))('%s is stood now', (file) => {
    const target = targets.find(({ name }) => file.startsWith(`${name}--`));
    if (target === undefined) throw new Error(`no decoder has the name that ${file} begins with`);
    target.run(Uint8Array.from(Buffer.from(readFileSync(join(folder, file), 'utf8').trim(), 'hex')));
  });
});

describe('every decoder', () => {
  it.each(targets.map(({ name }) => name))(
    '%s stands its seeds, and a thousand inputs made from them',
    (name) => {
      const target = targets.find((one) => one.name === name);
      for (const seed of target?.seeds ?? []) target?.run(seed);
      expect(target && fuzz(target, 1, { inputs: 1000, ms: Number.MAX_SAFE_INTEGER })).toEqual({
        inputs: 1000,
      });
    },
  );
});

describe('the fuzzer itself', () => {
  const fragile = bytesTarget('fragile', [Uint8Array.from({ length: 60 }, (_, index) => index)], (bytes) => {
    if (bytes.includes(200)) throw new RangeError(`200 at ${bytes.indexOf(200)}`);
  });
  const budget = { inputs: 100_000, ms: Number.MAX_SAFE_INTEGER };

  it('finds a byte that breaks a decoder, and cuts the input down to it', () => {
    const { finding } = fuzz(fragile, 7, budget);
    if (finding === undefined) throw new Error('nothing was found');
    expect(minimise(fragile, finding)).toMatchObject({
      input: Uint8Array.of(200),
      problem: 'RangeError: 200 at 0',
    });
  });

  it('finds the same for the same seed, and can make that input again', () => {
    const [one, other] = [fuzz(fragile, 7, budget), fuzz(fragile, 7, budget)];
    expect(one).toEqual(other);
    expect(inputOf(fragile, 7, one.finding?.index ?? 0)).toEqual(one.finding?.input);
    expect(fuzz(fragile, 8, budget).finding?.index).not.toBe(one.finding?.index);
  });

  it('names a seed that no decoder stands', () => {
    const never = bytesTarget('never', [new Uint8Array(3)], () => {
      throw new TypeError('never');
    });
    expect(fuzz(never, 1, budget)).toMatchObject({ inputs: 1, finding: { problem: 'TypeError: never' } });
  });
});
