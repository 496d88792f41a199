import { describe, expect, it } from 'vitest';
import { errorOfResponse } from './status.ts';

describe('errorOfResponse', () => {
  const status = (members: object) => JSON.stringify({ kind: 'Status', status: 'Failure', ...members });
  const cases: [string, number, string, string][] = [
    [
      'tells a name that is taken from a version that is old',
      409,
      status({ reason: 'AlreadyExists' }),
      'AlreadyExists',
    ],
    ['knows a stale version', 409, status({ reason: 'Conflict' }), 'Conflict'],
    ['knows a refused object', 422, status({ reason: 'Invalid' }), 'Invalid'],
    ['knows an expired version', 410, status({ reason: 'Expired' }), 'Gone'],
    ['goes by the number when there is no reason', 403, status({ message: 'no' }), 'Forbidden'],
    ['goes by the number when a proxy answers', 502, '<html>Bad Gateway</html>', 'Unavailable'],
    ['goes by the number when the reason is new', 429, status({ reason: 'Whatever' }), 'TooManyRequests'],
    ['takes an unknown server failure for one', 599, '', 'InternalError'],
    [
      'takes another uid for another object',
      422,
      status({ reason: 'Invalid', details: { causes: [{ field: 'metadata.uid' }] } }),
      'Conflict',
    ],
  ];
  for (const [name, httpStatus, body, code] of cases) {
    it(name, () => {
      expect(errorOfResponse('testing', httpStatus, body).code).toBe(code);
    });
  }

  it('says what was tried and what the API server said', () => {
    const { message } = errorOfResponse(
      'creating machines/a',
      422,
      status({ reason: 'Invalid', message: 'spec.x: bad' }),
    );
    expect(message).toMatch(/creating machines\/a.*spec\.x: bad/);
  });

  const waits: [string, string, string | undefined, number | undefined][] = [
    ['of the header', '', '7', 7000],
    ['of the body', status({ details: { retryAfterSeconds: 3 } }), undefined, 3000],
    ['of at most two minutes', '', '86400', 120_000],
    ['of none when there is none', '', undefined, undefined],
    ['of none when the header is a date', '', 'Sun, 22 Nov 2026 00:00:00 GMT', undefined],
  ];
  for (const [name, body, header, want] of waits) {
    it(`knows the wait ${name}`, () => {
      expect(errorOfResponse('testing', 429, body, header).retryAfterMs).toBe(want);
    });
  }

  it('calls only those failures retryable that may go away by themselves', () => {
    expect(errorOfResponse('testing', 503, '').retryable).toBe(true);
    expect(errorOfResponse('testing', 422, '').retryable).toBe(false);
    expect(errorOfResponse('testing', 409, '').retryable).toBe(false);
  });
});
