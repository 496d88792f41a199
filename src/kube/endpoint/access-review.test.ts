import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { kubeError } from '../errors.ts';
import { createManualTimers } from '../manual-timers.ts';
import type { KubeObject, Resource } from '../resource.ts';
import { createAccessReview } from './access-review.ts';

/** What the API server says to the two questions. */
interface Answers {
  token?: unknown;
  access?: unknown;
}

const known = {
  status: { authenticated: true, user: { username: 'u', groups: ['g'], extra: { a: ['b'] } } },
};
const allowed = { status: { allowed: true } };

function setting(answers: Answers, options: { fail?: boolean; mostAtOnce?: number } = {}) {
  const asked: { kind: string; spec: unknown }[] = [];
  const timers = createManualTimers();
  const gate = Promise.withResolvers<void>();
  gate.resolve();
  const state = { gate: gate.promise, answers };
  const review = createAccessReview({
    client: {
      async create<T extends KubeObject>(resource: Resource<T>, object: object): Promise<T> {
        asked.push({ kind: resource.kind, spec: 'spec' in object ? object.spec : undefined });
        await state.gate;
        if (options.fail) throw kubeError('Unavailable', 'a test');
        const raw = resource.kind === 'TokenReview' ? state.answers.token : state.answers.access;
        if (resource.parse === undefined) throw new Error('reviews have no name');
        return resource.parse(raw);
      },
    },
    log: silentLogger,
    timers,
    mostAtOnce: options.mostAtOnce,
  });
  return { review, asked, timers, state };
}

describe('who may read a path', () => {
  it.each<[string, Answers, string]>([
    ['who is known and may', { token: known, access: allowed }, 'Allowed'],
    ['who is known and may not', { token: known, access: { status: { allowed: false } } }, 'Forbidden'],
    [
      'who is denied besides',
      { token: known, access: { status: { allowed: true, denied: true } } },
      'Forbidden',
    ],
    ['whose token is unknown', { token: { status: { authenticated: false } } }, 'Unauthenticated'],
    [
      'whose token brought an error',
      { token: { status: { ...known.status, error: 'expired' } } },
      'Unauthenticated',
    ],
    ['who has no name', { token: { status: { authenticated: true, user: {} } } }, 'Unauthenticated'],
    ['nobody, when the answer is empty', { token: {} }, 'Unauthenticated'],
    ['nobody, when the answer is nothing', { token: undefined }, 'Unauthenticated'],
    [
      'nobody, when the answer is almost true',
      { token: known, access: { status: { allowed: 'true' } } },
      'Forbidden',
    ],
  ])('is %s', async (_sentence, answers, access) => {
    expect(await setting(answers).review('t', '/metrics')).toBe(access);
  });

  it('is asked with the name, the groups and the extras of the user, and with the path', async () => {
    const { review, asked } = setting({ token: known, access: allowed });
    await review('t', '/leases');
    expect(asked).toEqual([
      { kind: 'TokenReview', spec: { token: 't' } },
      {
        kind: 'SubjectAccessReview',
        spec: {
          user: 'u',
          groups: ['g'],
          extra: { a: ['b'] },
          nonResourceAttributes: { path: '/leases', verb: 'get' },
        },
      },
    ]);
  });

  it('is believed for ten seconds, by token and path', async () => {
    const { review, asked, timers, state } = setting({ token: known, access: allowed });
    await review('t', '/metrics');
    state.answers.access = { status: { allowed: false } };
    await timers.advance(9_999);
    expect(await review('t', '/metrics')).toBe('Allowed');
    expect(asked).toHaveLength(2);
    expect(await review('t', '/leases')).toBe('Forbidden');
    expect(await review('other', '/metrics')).toBe('Forbidden');
    await timers.advance(1);
    expect(await review('t', '/metrics')).toBe('Forbidden');
  });

  it('is nobody while the API server cannot be asked, and that is not remembered', async () => {
    const options = { fail: true };
    const { review } = setting({ token: known, access: allowed }, options);
    expect(await review('t', '/metrics')).toBe('Unknown');
    options.fail = false;
    expect(await review('t', '/metrics')).toBe('Allowed');
  });

  it('is one question for many callers at once, and there is an end to the questions', async () => {
    const { review, asked, state } = setting({ token: known, access: allowed }, { mostAtOnce: 1 });
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const first = [review('t', '/metrics'), review('t', '/metrics')];
    expect(await review('another', '/metrics')).toBe('Unknown');
    gate.resolve();
    expect(await Promise.all(first)).toEqual(['Allowed', 'Allowed']);
    expect(asked.filter(({ kind }) => kind === 'TokenReview')).toHaveLength(1);
  });
});
