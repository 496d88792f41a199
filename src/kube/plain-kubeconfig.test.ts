import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readPlainKubeconfig } from './plain-kubeconfig.ts';

const directory = mkdtempSync(join(tmpdir(), 'metalwright-kubeconfig-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const server = 'https://10.0.0.1:6443';
const config = (user: object, cluster: object = {}) => ({
  'current-context': 'a',
  contexts: [{ name: 'a', context: { cluster: 'c', user: 'u', namespace: 'ns' } }],
  clusters: [{ name: 'c', cluster: { server: `${server}/`, ...cluster } }],
  users: [{ name: 'u', user }],
});
const file = (name: string, content: unknown): string => {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : stringify(content));
  return path;
};

describe('a plain kubeconfig', () => {
  writeFileSync(join(directory, 'ca.pem'), 'ca');
  it.each([
    ['a token', { token: 't' }, {}, { headers: { Authorization: 'Bearer t' }, tls: {} }],
    [
      'a password',
      { username: 'u', password: 'p' },
      {},
      { headers: { Authorization: 'Basic dTpw' }, tls: {} },
    ],
    [
      'a certificate',
      { 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a2V5' },
      {},
      { headers: {}, tls: { cert: Buffer.from('cert'), key: Buffer.from('key') } },
    ],
    [
      'an authority in a file beside it',
      {},
      { 'certificate-authority': 'ca.pem' },
      { headers: {}, tls: { ca: Buffer.from('ca') } },
    ],
    [
      'no check of the certificate',
      {},
      { 'insecure-skip-tls-verify': true },
      { headers: {}, tls: { rejectUnauthorized: false } },
    ],
    [
      'somebody to be',
      { as: 'x', token: 't' },
      {},
      { headers: { 'Impersonate-User': 'x', Authorization: 'Bearer t' }, tls: {} },
    ],
  ])('says all with %s', async (_, user, cluster, credentials) => {
    const read = await readPlainKubeconfig([file('one', config(user, cluster))]);
    expect(read).toEqual({
      context: { name: 'a', cluster: 'c', user: 'u', namespace: 'ns' },
      credentials: { server, ...credentials },
    });
  });

  it.each([{ exec: { command: 'x' } }, { 'auth-provider': {} }, { tokenFile: '/x' }])(
    'leaves %j to client-node',
    async (user) => {
      expect((await readPlainKubeconfig([file('two', config(user))]))?.credentials).toBeUndefined();
    },
  );

  it('takes the first of two entries of one name, over several files', async () => {
    const second = { ...config({ token: 'second' }), 'current-context': 'b' };
    const paths = [
      join(directory, 'none'),
      file('first', config({ token: 'first' })),
      file('second', second),
    ];
    const read = await readPlainKubeconfig(paths);
    expect(read?.context.name).toBe('a');
    expect(read?.credentials?.headers).toEqual({ Authorization: 'Bearer first' });
    expect(await readPlainKubeconfig([join(directory, 'none')])).toBeUndefined();
  });

  it.each([
    ['another context', config({}), 'other'],
    ['a cluster that is not there', { ...config({}), clusters: [] }, undefined],
    ['no YAML', '{', undefined],
    ['groups to be, as it would act without them', config({ as: 'x', 'as-groups': ['y'] }), undefined],
  ])('is refused with %s', async (_, content, context) => {
    await expect(readPlainKubeconfig([file('bad', content)], context)).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
    });
  });
});
