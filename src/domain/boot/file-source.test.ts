import { describe, expect, it } from 'vitest';
import { isInside } from './file-source.ts';

describe('whether a file may be the source of an image', () => {
  it.each([
    ['a file in the directory may', ['/images'], '/images/a.raw', true],
    ['a file deeper in it may', ['/images'], '/images/debian/12/a.raw', true],
    ['a trailing slash makes no difference', ['/images/'], '/images/a.raw', true],
    ['one of several directories is enough', ['/a', '/b'], '/b/x', true],
    ['the directory itself may not', ['/images'], '/images', false],
    ['a directory whose name begins alike may not', ['/images'], '/images-private/a.raw', false],
    ['a file elsewhere may not', ['/images'], '/etc/shadow', false],
    ['a way out by dots may not', ['/images'], '/images/../etc/shadow', false],
    ['a relative path may not', ['/images'], 'images/a.raw', false],
    ['without directories nothing may', [], '/images/a.raw', false],
  ])('%s', (_sentence, directories, path, expected) => {
    expect(isInside(directories, path)).toBe(expected);
  });
});
