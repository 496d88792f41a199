import { describe, expect, it } from 'vitest';
import { impersonationHeaders } from './impersonation.ts';

describe('the headers of impersonation', () => {
  it('have all that is known of the user', () => {
    const user = {
      username: 'system:serviceaccount:a:b',
      uid: '1',
      groups: ['g', 'a group'],
      extra: { 'authentication.kubernetes.io/pod-name': ['p'] },
    };
    expect(impersonationHeaders(user)).toEqual({
      'impersonate-user': 'system:serviceaccount:a:b',
      'impersonate-uid': '1',
      'impersonate-group': ['g', 'a group'],
      'impersonate-extra-authentication.kubernetes.io%2fpod-name': ['p'],
    });
  });

  it.each(['a\r\nimpersonate-group: system:masters', 'a\0', 'ü', '', ' a', 'a '])(
    'are none for a name that is not the same in a header: %j',
    (username) => {
      expect(() => impersonationHeaders({ username })).toThrow(/cannot be put into a header/);
      expect(() => impersonationHeaders({ username: 'u', groups: [username] })).toThrow(/header/);
    },
  );
});
