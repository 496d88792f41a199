import { describe, expect, it } from 'vitest';
import { callerToken } from './caller-token.ts';
import { callerOf } from './identify.ts';
import type { Session } from './sessions.ts';

const caller = callerOf({ username: 'ann' });
const times = { issuedAt: 0, usedAt: 0, expiresAt: 1 };
const session = (more: Partial<Session>): Session => ({ id: 's', method: 'Token', ...times, ...more });

describe('the token that a caller has shown', () => {
  it.each([
    ['is that of the request', { caller, by: 'Token' }, 'Bearer t-1', 't-1'],
    [
      'is that with which a browser signed in',
      { caller, by: 'Session', session: session({ token: 't-2' }) },
      undefined,
      't-2',
    ],
    [
      'is none of somebody for whom a provider vouches',
      { caller, by: 'Session', session: session({ method: 'Oidc' }) },
      undefined,
      undefined,
    ],
    ['is no API key, which is not for others', { caller, by: 'ApiKey' }, 'Bearer mw_1', undefined],
  ] as const)('%s', (_, signedIn, header, token) => {
    expect(callerToken(signedIn, header)).toBe(token);
  });
});
