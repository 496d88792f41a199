import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { until } from '../controllers/setting.ts';
import { type Setting, startSetting } from './setting.ts';

const program = join(import.meta.dirname, '../../../src/bin/server.ts');

describe('the program', () => {
  let setting: Setting;

  beforeAll(async () => {
    setting = await startSetting();
  });
  afterAll(() => setting.stop());

  it('is ready when its caches are, logs requests as JSON without tokens, and ends with a word to its streams', async () => {
    const [port = 0] = await freePorts(1);
    const token = await setting.token('watcher', { rules: [{ resources: ['zones'], verbs: ['*'] }] });
    const child = spawn(process.execPath, [program], {
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: setting.kubeconfigPath,
        METALWRIGHT_API_PORT: String(port),
        METALWRIGHT_HISTORY: 'false',
      },
    });
    let log = '';
    child.stdout.on('data', (piece) => {
      log += piece;
    });
    child.stderr.on('data', (piece) => {
      log += piece;
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const get = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
    try {
      await until('it is ready', async () => (await get('/readyz').catch(() => undefined))?.status === 200);
      const stream = await get('/api/v1/watch?resources=zones');
      expect((await get('/api/v1/zones?q=secret-word')).status).toBe(200);
      child.kill('SIGTERM');
      expect(await stream.text()).toContain('"reason":"Stopping"');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
    const lines = log
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({
        path: '/api/v1/zones',
        status: 200,
        user: 'system:serviceaccount:people:watcher',
      }),
    );
    expect(log).not.toContain(token);
    expect(log).not.toContain('secret-word');
  });
});
