import { describe, expect, it } from 'vitest';
import { apiPath } from './client.ts';
import { isConflict, isPassing, isSignedOut, ProblemError, problemOf, readProblem } from './problem.ts';

const problem = (status: number, code: string) => new ProblemError({ title: 't', status, detail: 'd', code });

describe('a problem', () => {
  it('is read from the document', async () => {
    const body = {
      title: 'T',
      status: 422,
      detail: 'D',
      code: 'Invalid',
      errors: [{ field: 'body.spec.x', message: 'm' }],
    };
    const response = new Response(JSON.stringify(body), {
      status: 422,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '3' },
    });
    const error = await readProblem(response);
    expect(error.problem).toEqual(body);
    expect(error.retryAfterSeconds).toBe(3);
  });

  it.each([
    ['text of a proxy', 'text/html', '<html>'],
    ['a document that is cut off', 'application/problem+json', '{"title'],
  ])('is made of %s as well', async (_, type, body) => {
    const error = await readProblem(new Response(body, { status: 502, headers: { 'content-type': type } }));
    expect(error.problem).toMatchObject({ status: 502, code: 'Http502' });
    expect(error.retryAfterSeconds).toBeUndefined();
  });

  it('is shown for what is none', () => {
    expect(problemOf(new Error('x'))).toMatchObject({ code: 'PageFailed', detail: 'x' });
  });

  it.each([
    [401, 'Unauthenticated', { signedOut: true, conflict: false, passing: false }],
    [409, 'Conflict', { signedOut: false, conflict: true, passing: false }],
    [412, 'PreconditionFailed', { signedOut: false, conflict: true, passing: false }],
    [409, 'AlreadyExists', { signedOut: false, conflict: false, passing: false }],
    [503, 'NotReady', { signedOut: false, conflict: false, passing: true }],
    [429, 'TooManyRequests', { signedOut: false, conflict: false, passing: true }],
    [0, 'Offline', { signedOut: false, conflict: false, passing: true }],
  ])('%d %s is taken for what it is', (status, code, is) => {
    const error = problem(status, code);
    expect({ signedOut: isSignedOut(error), conflict: isConflict(error), passing: isPassing(error) }).toEqual(
      is,
    );
  });
});

describe('a path of the API', () => {
  it('leaves out what is empty and escapes the rest', () => {
    expect(apiPath('/machines', { q: 'a b&c', cursor: '', limit: 100, sort: undefined })).toBe(
      '/api/v1/machines?q=a+b%26c&limit=100',
    );
    expect(apiPath('/counts')).toBe('/api/v1/counts');
  });
});
