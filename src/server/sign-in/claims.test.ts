import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClaimMapping, everybody, userOfClaims } from './claims.ts';

const mapping: ClaimMapping = {
  usernameClaim: 'sub',
  usernamePrefix: 'oidc:',
  groupsClaim: 'groups',
  groupsPrefix: 'oidc:',
};
const bare = { ...mapping, usernamePrefix: '', groupsPrefix: '' };

describe('somebody whom a provider vouches for', () => {
  it.each<[string, object, ClaimMapping, object]>([
    [
      'has prefixes',
      { sub: 'ann', groups: ['ops', 'dev'] },
      mapping,
      { username: 'oidc:ann', groups: ['oidc:ops', 'oidc:dev', everybody] },
    ],
    ['may be in no group', { sub: 'ann' }, mapping, { username: 'oidc:ann', groups: [everybody] }],
    [
      'may be in one group',
      { sub: 'ann', groups: 'ops' },
      bare,
      { username: 'ann', groups: ['ops', everybody] },
    ],
    [
      'is known by another claim',
      { sub: '1', email: 'ann@example.org', email_verified: true },
      { ...bare, usernameClaim: 'email' },
      { username: 'ann@example.org' },
    ],
    ['may have a blank in the name', { sub: 'Ann Example' }, bare, { username: 'Ann Example' }],
    [
      'is named after Kubernetes behind a prefix',
      { sub: 'system:admin', groups: ['system:masters'] },
      mapping,
      { username: 'oidc:system:admin' },
    ],
  ])('%s', (_sentence, claims, rules, user) => {
    expect(userOfClaims({ ...claims }, rules)).toMatchObject({ kind: 'User', user });
  });

  it.each<[string, object, ClaimMapping, RegExp]>([
    ['without a name', { groups: [] }, mapping, /sub is missing/],
    ['with a name that is no text', { sub: 1 }, mapping, /sub is missing/],
    [
      'with an address that nobody verified',
      { email: 'a@b', email_verified: false },
      { ...bare, usernameClaim: 'email' },
      /not verified/,
    ],
    ['with the name of a service account', { sub: 'system:serviceaccount:a:b' }, bare, /system:/],
    ['in a group of Kubernetes', { sub: 'ann', groups: ['ops', 'system:masters'] }, bare, /system:/],
    ['with groups that are none', { sub: 'ann', groups: { ops: true } }, mapping, /no list/],
    [
      'in very many groups',
      { sub: 'ann', groups: Array.from({ length: 300 }, String) },
      mapping,
      /256 groups/,
    ],
    ['with a name that breaks a header', { sub: 'ann\r\nImpersonate-Group: x' }, mapping, /ASCII/],
  ])('is refused %s', (_sentence, claims, rules, reason) => {
    expect(userOfClaims({ ...claims }, rules)).toMatchObject({
      kind: 'Refused',
      reason: expect.stringMatching(reason),
    });
  });

  it('never has a name of Kubernetes, whatever the claims are', () => {
    const name = fc.oneof(fc.string(), fc.constant('system:masters'), fc.constant('system:admin'));
    fc.assert(
      fc.property(name, fc.array(name), fc.constantFrom(mapping, bare), (sub, groups, rules) => {
        const mapped = userOfClaims({ sub, groups }, rules);
        if (mapped.kind === 'Refused') return;
        expect(mapped.user.username.startsWith('system:')).toBe(false);
        const own = mapped.user.groups?.filter((group) => group.startsWith('system:'));
        expect(own).toEqual([everybody]);
      }),
    );
  });
});
