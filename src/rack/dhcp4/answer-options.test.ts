import { describe, expect, it } from 'vitest';
import { answerOptions, prepareOptions, sharedLists, withSettings } from './answer-options.ts';

const base = answerOptions([{ code: 17, value: Uint8Array.of(65), text: true, always: false }]);
const settings = [{ code: 224, text: 'x' }];
const asking = (...list: number[]) => ({ list: Uint8Array.from(list), wantsNul: false, boots: false });

describe('what a client may be told', () => {
  it('is encoded once: the same settings over the same set are the same set', () => {
    expect(withSettings(base, settings)).toBe(withSettings(base, settings));
    expect(withSettings(base, [...settings])).not.toBe(withSettings(base, settings));
    expect(withSettings(base, [])).toBe(base);
    expect(withSettings(base, undefined)).toBe(base);
  });

  it('is put together once for each list', () => {
    expect(prepareOptions(base, asking(17, 1))).toBe(prepareOptions(base, asking(17, 1)));
    expect(prepareOptions(base, asking(17, 2))).not.toBe(prepareOptions(base, asking(17, 1)));
  });

  it('is another for who wants a NUL, and for firmware', () => {
    const plain = prepareOptions(base, asking(17)).rest;
    expect(prepareOptions(base, { ...asking(17), wantsNul: true }).rest.length).toBe(plain.length + 1);
    const boot = answerOptions([{ code: 67, value: Uint8Array.of(65), text: true, always: true }]);
    expect(prepareOptions(boot, { ...asking(67), boots: true }).rest.length).toBe(0);
    expect(prepareOptions(boot, asking(67)).rest.length).toBe(3);
  });

  it('takes no more memory than a few lists, whatever clients send', () => {
    const own = withSettings(base, settings);
    for (let code = 0; code < 1000; code += 1) {
      for (const set of [base, own]) prepareOptions(set, asking(code & 255, code >> 8, 17));
    }
    expect(base.prepared.size).toBeLessThanOrEqual(sharedLists);
    expect(own.prepared.size).toBeLessThanOrEqual(4);
    const long = { ...asking(), list: new Uint8Array(5000).fill(17) };
    expect(prepareOptions(base, long).rest.length).toBe(3);
    expect(prepareOptions(base, long)).not.toBe(prepareOptions(base, long));
  });

  it('names what is wrong with it', () => {
    expect(withSettings(base, [{ code: 51, uint32: [1] }]).problems).toHaveLength(1);
  });
});
