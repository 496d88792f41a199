import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineName, matchesGlob } from './names.ts';

describe('the name of a Machine for a node', () => {
  it.each([
    ['c1-', 'sys/chassis-1/blade-3', 'c1-sys-chassis-1-blade-3'],
    ['', 'Worker 7.example', 'worker-7-example'],
    ['pve-', '--x--', 'pve-x'],
  ])('with %j for %j is %j', (prefix, node, expected) => {
    expect(machineName(prefix, node, true)).toBe(expected);
  });

  it('is a label of DNS, whatever the node is called, and the same each time', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^([a-z0-9][-a-z0-9.]{0,31})?$/),
        fc.string({ maxLength: 253, unit: 'grapheme' }),
        fc.boolean(),
        (prefix, node, exact) => {
          const name = machineName(prefix, node, exact);
          expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
          expect(machineName(prefix, node, exact)).toBe(name);
        },
      ),
    );
  });

  it('tells long names and those without a letter apart', () => {
    const long = 'x'.repeat(100);
    expect(machineName('c-', `${long}1`, true)).not.toBe(machineName('c-', `${long}2`, true));
    expect(machineName('c-', '###', true)).not.toBe(machineName('c-', '##', true));
  });
});

describe('a pattern', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbd', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*-template', 'x-template', true],
    ['a.c', 'abc', false],
    ['', 'a', false],
  ])('%j on %j: %j', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('says what a regular expression would', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*?]{0,8}$/), fc.stringMatching(/^[ab]{0,10}$/), (pattern, text) => {
        const same = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesGlob(pattern, text)).toBe(same.test(text));
      }),
    );
  });
});
