import { describe, expect, it } from 'vitest';
import { CodedError, messageOf } from './coded-error.ts';
import { DecodeError } from './decode-error.ts';

describe('a coded error', () => {
  it('carries its code, its cause and whether repeating helps', () => {
    const cause = new Error('underneath');
    const error = new CodedError('BmcBusy', 'busy', { cause, retryable: true });
    expect(error).toMatchObject({
      name: 'CodedError',
      code: 'BmcBusy',
      message: 'busy',
      cause,
      retryable: true,
    });
  });

  it('is not worth repeating unless it says so, and has no cause unless it was given', () => {
    const error = new CodedError('X', 'x');
    expect(error.retryable).toBe(false);
    expect('cause' in error).toBe(false);
  });
});

describe('the message of what was thrown', () => {
  it.each([
    ['an error', new Error('a'), 'a'],
    ['a decode error', new DecodeError('b'), 'b'],
    ['a text', 'c', 'c'],
    ['nothing', undefined, 'undefined'],
  ])('of %s', (_sentence, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
