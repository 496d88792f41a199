import { expect, it } from 'vitest';
import { returnPath } from './return-path.ts';

it.each([
  [undefined, '/'],
  ['/machines?filter=phase:Ready', '/machines?filter=phase:Ready'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?to=/x', '/'],
  ['', '/'],
])('%s leads to %s', (to, path) => expect(returnPath(to)).toBe(path));
