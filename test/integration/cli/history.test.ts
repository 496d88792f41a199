import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMw } from '../../../images/mw/build.ts';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { apiVersion } from '../../../src/api/meta.ts';
import { events } from '../../../src/kube/core-resources.ts';
import { until } from '../controllers/setting.ts';
import { type Setting, startSetting } from '../server/setting.ts';
import { type Ended, startMw } from './program.ts';

const patient = { timeout: 100_000, interval: 500 };
const program = join(import.meta.dirname, '../../../src/bin/server.ts');

/** The server as a program, with history in its own PGlite. */
describe('mw over the history of a real server', () => {
  let setting: Setting;
  let directory: string;
  let mwPath: string;
  let url: string;
  let tokenFile: string;
  let token: string;
  let child: ReturnType<typeof spawn>;
  let log = '';

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-mw-history-'));
    setting = await startSetting();
    mwPath = await buildMw(join(directory, 'mw'));
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    child = spawn(process.execPath, [program], {
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: setting.kubeconfigPath,
        METALWRIGHT_API_PORT: String(port),
        METALWRIGHT_HISTORY_DIRECTORY: join(directory, 'history'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => {
        log += piece;
      });
    }
    token = await setting.token('historian', {
      rules: [
        { resources: ['machines'], verbs: ['get', 'list', 'create'] },
        { resources: ['machines/console'], verbs: ['get'] },
        { resources: ['allocations', 'auditrecords'], verbs: ['list'] },
      ],
    });
    tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, `${token}\n`);
    await until(
      'it is ready',
      async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200,
    );
  }, 240_000);
  afterAll(async () => {
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const mw = (line: string, where = ['--server', url, '--token-file', tokenFile]): Promise<Ended> =>
    startMw(mwPath, setting.kubeconfigPath, [...line.split(' '), ...where]).ended;

  it('tells the story of a machine, finds its words, and knows who made it', async () => {
    const made = await fetch(`${url}/api/v1/machines`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion,
        ...{
          kind: 'Machine',
          metadata: { name: 'told' },
          spec: { architecture: 'amd64', macAddresses: ['52:54:00:aa:00:07'] },
        },
      }),
    });
    expect([made.status, await made.text()]).toEqual([201, expect.any(String)]);
    const at = new Date().toISOString();
    const status = { phase: 'New', phaseSince: at } as const;
    await setting.client.applyStatus(
      machineKind,
      { metadata: { name: 'told' }, status },
      { fieldManager: 'test', force: true },
    );
    await setting.client.create(events, {
      metadata: { name: 'told.1', namespace: 'default' },
      ...{ eventTime: at.replace('Z', '000Z'), regarding: { apiVersion, kind: 'Machine', name: 'told' } },
      ...{ reason: 'PowerTimeout', note: 'the quokka was silent', type: 'Warning', action: 'Power' },
      ...{ reportingController: 'metalwright.dev/test', reportingInstance: 'test' },
    });
    const rows = async (line: string): Promise<string[]> => (await mw(line)).out.trim().split('\n').slice(1);
    await expect
      .poll(() => rows('history search quokka'), patient)
      .toEqual([
        expect.stringMatching(/^\S+Z +Warning +Event +machine\/told +PowerTimeout +the quokka was silent$/),
      ]);
    await expect
      .poll(() => rows('machine history told --kind phase'), patient)
      .toEqual([expect.stringMatching(/Normal +Phase +New/)]);
    const whole = JSON.parse((await mw('machine history told --since 1h -o json')).out);
    expect(whole.items.map(({ reason }: { reason: string }) => reason).sort()).toEqual(
      expect.arrayContaining(['New', 'PowerTimeout']),
    );
    await expect
      .poll(() => rows('history audit --since 1h'), patient)
      .toEqual([
        expect.stringMatching(/system:serviceaccount:people:historian +create +machines\/told +Done/),
      ]);
    expect(await mw('history allocations --machine told')).toEqual({
      ...{ code: 0, out: '', err: 'No history found.\n' },
    });
    expect(await mw('machine console-log told --grep panic')).toEqual({
      ...{ code: 0, out: '', err: 'Nothing that it said is kept.\n' },
    });
    expect(await mw('machine history told --limit 1')).toMatchObject({
      ...{ code: 0, err: expect.stringContaining('There is more') },
    });
  });

  it('says what is wrong with who asks, and with a server that keeps no history', async () => {
    expect(await mw('history audit', ['--server', url])).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('kubectl create token') },
    });
    const other = join(directory, 'other');
    writeFileSync(
      other,
      await setting.token('nobody', { rules: [{ resources: ['zones'], verbs: ['get'] }] }),
    );
    expect(await mw('history audit', ['--server', url, '--token-file', other])).toMatchObject({ code: 5 });
    expect(await mw('machine console-log told', ['--server', url, '--token-file', other])).toMatchObject({
      code: 5,
    });
    writeFileSync(other, 'forged');
    expect(await mw('history audit', ['--server', url, '--token-file', other])).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('a new one is made by') },
    });
    // The server of the setting has none.
    expect(await mw('history audit', ['--server', setting.url, '--token-file', tokenFile])).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('METALWRIGHT_HISTORY=true') },
    });
    expect(log).not.toContain(token);
  });
});
