import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { kubeError } from '../errors.ts';
import { createManualTimers } from '../manual-timers.ts';
import type { KubeObject, Resource } from '../resource.ts';
import { createCallerReview } from './caller-review.ts';
import { createRemembered } from './remembered.ts';

const list = { verb: 'list', group: 'metalwright.dev', resource: 'zones' };

function setting(options: { audiences?: string[]; answered?: string[]; fail?: boolean } = {}) {
  const asked: unknown[] = [];
  const timers = createManualTimers();
  const review = createCallerReview({
    client: {
      async create<T extends KubeObject>(resource: Resource<T>, object: object): Promise<T> {
        asked.push(Reflect.get(object, 'spec'));
        if (options.fail === true) throw kubeError('Unavailable', 'a test');
        if (resource.parse === undefined) throw new Error('reviews are parsed');
        const user = { username: 'u', uid: '1', groups: ['g'], extra: { a: ['b'] } };
        return resource.parse({
          status: { authenticated: true, audiences: options.answered, user, allowed: true },
        });
      },
    },
    log: silentLogger,
    audiences: options.audiences,
    timers,
  });
  return { review, asked, timers };
}

describe('a caller', () => {
  it('is asked about with everything that the token said of them', async () => {
    const { review, asked } = setting();
    const identity = await review.identify('t');
    if (identity.kind !== 'Known') throw new Error(identity.kind);
    expect(await review.mayDo(identity.caller, list)).toBe('Allowed');
    expect(asked).toEqual([
      { token: 't' },
      { user: 'u', uid: '1', groups: ['g'], extra: { a: ['b'] }, resourceAttributes: list },
    ]);
    expect(JSON.stringify(identity)).not.toContain('"t"');
  });

  it.each([
    ['that the token is for', ['api'], 'Known'],
    ['that the token is not for', ['other'], 'Unauthenticated'],
    ['of which the API server knows nothing', undefined, 'Unauthenticated'],
  ])('with an audience %s is %s', async (_sentence, answered, kind) => {
    const { review, asked } = setting({ audiences: ['api'], ...(answered && { answered }) });
    expect((await review.identify('t')).kind).toBe(kind);
    expect(asked).toEqual([{ token: 't', audiences: ['api'] }]);
  });

  it('is nobody while the API server cannot be asked, and that is not remembered', async () => {
    const { review, asked } = setting({ fail: true });
    expect([(await review.identify('t')).kind, (await review.identify('t')).kind]).toEqual([
      'Unknown',
      'Unknown',
    ]);
    expect(asked).toHaveLength(2);
  });

  it('shares no right with another token of the same user', async () => {
    const { review, asked } = setting();
    for (const token of ['a', 'b', 'a']) {
      const identity = await review.identify(token);
      if (identity.kind === 'Known') await review.mayDo(identity.caller, list);
    }
    expect(asked).toHaveLength(4);
  });
});

describe('what is remembered', () => {
  it('has a bound, in answers and in questions', async () => {
    const remembered = createRemembered<number>(createManualTimers(), { answers: 2, questions: 1 });
    for (const [at, key] of ['a', 'b', 'c'].entries()) {
      await remembered.get(key, async () => ({ value: at, believeMs: 1_000 }));
    }
    expect(remembered.size()).toBe(2);
    const never = new Promise<never>(() => undefined);
    void remembered.get('d', () => never);
    expect(await remembered.get('e', async () => ({ value: 1, believeMs: 1 }))).toBeUndefined();
    expect(await remembered.get('c', () => never)).toBe(2);
  });
});
