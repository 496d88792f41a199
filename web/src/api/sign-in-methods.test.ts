import { describe, expect, it } from 'vitest';
import { problemOf } from './problem.ts';
import { providerAddress, signInProblem } from './sign-in-methods.ts';

describe('the way to a provider', () => {
  const path = '/api/v1/sign-in/oidc';
  it.each([
    ['/', path],
    [
      '/machines?filter=phase:Ready&sort=name',
      `${path}?to=%2Fmachines%3Ffilter%3Dphase%3AReady%26sort%3Dname`,
    ],
    ['/machines?filter=ü', path],
    [`/${'x'.repeat(1024)}`, path],
  ])('back to %s is %s', (to, address) => expect(providerAddress(path, to)).toBe(address));
});

describe('what the server says of a way that failed', () => {
  it.each([
    ['SignInRefused', /did not let you in/],
    ['ProviderUnavailable', /cannot be reached/],
    ['constructor', /Something went wrong/],
    ['Else', /Something went wrong/],
  ])('%s is told in a sentence', (code, sentence) =>
    expect(problemOf(signInProblem(code)).detail).toMatch(sentence),
  );
});
