import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { linkIn, withToken } from './server-access.ts';

describe('the kubeconfig of the server', () => {
  it('keeps the cluster, and has a token where the certificate and its key were', () => {
    const cluster = {
      name: 'lab',
      cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'Y2E=' },
    };
    const admin = {
      name: 'admin',
      user: { 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a2V5' },
    };
    const made = parse(
      withToken(JSON.stringify({ kind: 'Config', clusters: [cluster], users: [admin] }), 'abc'),
    );
    expect(made).toEqual({
      kind: 'Config',
      clusters: [cluster],
      users: [{ name: 'admin', user: { token: 'abc' } }],
    });
  });

  it('cannot be made of something else', () => {
    expect(() => withToken('kind: Secret', 'abc')).toThrow();
  });
});

describe('the link for signing in', () => {
  const line = (code: string) =>
    `Sign in as admin, once and within ten minutes: http://127.0.0.1:7780/link/${code}\n`;

  it('is that of the last start', () => {
    expect(linkIn(`{"msg":"listens"}\n${line('one')}{"msg":"x"}\n${line('two')}`)).toBe(
      'http://127.0.0.1:7780/link/two',
    );
  });

  it('is not there before the server listens', () => {
    expect(linkIn('{"msg":"starts"}\n')).toBeUndefined();
  });
});
