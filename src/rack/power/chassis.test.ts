import { describe, expect, it } from 'vitest';
import { macAddressesOf, macAddressOf } from './chassis.ts';

describe('a MAC address as a manager writes it', () => {
  it.each([
    ['AA-BB-CC-DD-EE-0F', 'aa:bb:cc:dd:ee:0f'],
    ['aabb.ccdd.ee0f', 'aa:bb:cc:dd:ee:0f'],
    ['AABBCCDDEE0F', 'aa:bb:cc:dd:ee:0f'],
    [' 00:25:B5:00:00:1A ', '00:25:b5:00:00:1a'],
    ['00:00:00:00:00:00', undefined],
    ['N/A', undefined],
    ['derived', undefined],
    [undefined, undefined],
  ])('%s is %s', (written, expected) => {
    expect(macAddressOf(written)).toBe(expected);
  });

  it('is listed once', () => {
    expect(macAddressesOf(['00:25:B5:00:00:1A', 'N/A', '0025.b500.001a'])).toEqual(['00:25:b5:00:00:1a']);
  });
});
