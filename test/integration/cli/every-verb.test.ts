import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { apiVersion } from '../../../src/api/meta.ts';
import { commands } from '../../../src/cli/commands/table.ts';
import type { Exit } from '../../../src/cli/exit-codes.ts';
import { main } from '../../../src/cli/main.ts';
import { connectTo } from '../../../src/kube/connect.ts';
import { events } from '../../../src/kube/core-resources.ts';
import { createExamples } from '../server/examples.ts';
import { type Setting, startSetting } from '../server/setting.ts';

/** Command lines of `mw`, with how they end and what they say, on the objects of docs/examples. */
const lines: readonly (readonly [line: string, exit: Exit, says: RegExp])[] = [
  ['allocation show web-1', 'ok', /web-1/],
  ['subnet list', 'ok', /provisioning +\S+/],
  ['subnet show provisioning', 'ok', /10\.20\.0\.0\/24/],
  ['rack list', 'ok', /^NAME.*\nnode-1/],
  ['rack show node-1', 'ok', /node-1/],
  ['image list --purpose Disk', 'ok', /debian-12/],
  ['image show debian-12', 'ok', /debian-12/],
  [
    'image import new-1 https://images.example.com/new-1.raw.zst',
    'ok',
    /bootimage.metalwright.dev\/new-1 created/,
  ],
  ['image upload IMAGE', 'failed', /METALWRIGHT_UPLOADS_DIRECTORY/],
  ['events r1-u07', 'ok', /PowerTimeout .*the quokka was silent/],
  ['console r1-u07', 'failed', /no rack/],
  ['version --cluster', 'ok', /^mw 0\.0\.0\nrack /],
  ['completion fish', 'ok', /complete -c mw/],
];

/** Verbs that order an action: the action, and its parameters. */
const orders: readonly (readonly [line: string, spec: Record<string, unknown>])[] = [
  ['machine commission r1-u07 --skip-storage', { action: 'Commission', parameters: { skipStorage: true } }],
  ['machine test r1-u07 --tests memory,disk', { action: 'Test', parameters: { tests: ['memory', 'disk'] } }],
  [
    'machine rescue r1-u07 --ssh-key KEY',
    { action: 'Rescue', parameters: { sshKeys: [expect.stringMatching(/^ssh-ed25519 /)] } },
  ],
  ['machine exit-rescue r1-u07', { action: 'ExitRescue' }],
  ['machine power on r1-u07', { action: 'PowerOn' }],
  ['machine power off r1-u07 --soft', { action: 'PowerOff', parameters: { mode: 'Soft' } }],
  ['machine power cycle r1-u07', { action: 'PowerCycle' }],
  ['machine power status r1-u07', { action: 'PowerStatus' }],
  ['machine lock r1-u07', { action: 'Lock' }],
  ['machine unlock r1-u07', { action: 'Unlock' }],
  ['machine override r1-u07', { action: 'Override' }],
  ['machine mark-broken r1-u07 --message loud', { action: 'MarkBroken', message: 'loud' }],
  ['machine mark-fixed r1-u07', { action: 'MarkFixed' }],
  ['machine abort r1-u07', { action: 'Abort' }],
  ['machine release r1-u07 --erase full', { action: 'Release', parameters: { erase: 'Full' } }],
];

describe('every verb of mw', () => {
  let setting: Setting;
  let token: string;
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ mw@example.com';

  beforeAll(async () => {
    setting = await startSetting();
    token = await setting.token('everything', {
      rules: [{ resources: ['*', 'machines/console'], verbs: ['*'] }],
    });
    await createExamples(setting.client);
    await setting.client.create(events, {
      metadata: { name: 'silent', namespace: 'default' },
      regarding: { apiVersion, kind: 'Machine', name: 'r1-u07' },
      ...{ eventTime: new Date().toISOString().replace('Z', '000Z'), action: 'Power', type: 'Warning' },
      ...{ reason: 'PowerTimeout', note: 'the quokka was silent' },
      ...{ reportingController: 'metalwright.dev/test', reportingInstance: 'test' },
    });
  }, 240_000);
  afterAll(() => setting?.stop());

  /** `mw`, in this process. */
  async function mw(line: string): Promise<{ exit: Exit; said: string }> {
    let said = '';
    const say = (text: string) => {
      said += text;
    };
    const { client, transport, listTable, ...who } = await connectTo([setting.kubeconfigPath], undefined);
    try {
      const words = line
        .split(' ')
        .map((word) => (word === 'KEY' ? key : word === 'IMAGE' ? import.meta.filename : word));
      const exit = await main(words, commands, () => ({
        terminal: { columns: undefined, colour: false, out: say, err: say },
        raw: { canType: true, write: () => undefined, take: () => () => undefined },
        ...{ version: '0.0.0', rest: { server: setting.url, token }, now: () => Date.now() },
        ...{ signal: AbortSignal.timeout(60_000), readFile: (path) => readFile(path, 'utf8') },
        cluster: async () => ({
          client,
          ...who,
          table: (resource, options) => listTable(transport, resource, options),
        }),
      }));
      return { exit, said };
    } finally {
      await client.close();
    }
  }

  it.each(lines)('%s', async (line, exit, says) => {
    const ended = await mw(line);
    expect(ended, line).toMatchObject({ exit, said: expect.stringMatching(says) });
  });

  it.each(orders)('%s', async (line, spec) => {
    const { exit, said } = await mw(line);
    const [, name = ''] = /^machineaction\.metalwright\.dev\/(\S+) created\n$/.exec(said) ?? [];
    expect([exit, name], said).toEqual(['ok', expect.stringMatching(/^r1-u07-/)]);
    const made = await setting.client.get(machineActionKind, name);
    expect(made?.spec).toEqual({ machine: 'r1-u07', ...spec });
  });

  it('is in a test of this folder', () => {
    const tests = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts'));
    // Words of a command line stand in one text, or in several with commas between.
    const text = tests
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8').replaceAll(/',\s*'/g, ' '))
      .join('\n');
    const missing = commands
      .map(({ path }) => path.join(' '))
      .filter((verb) => !new RegExp(`['"\`]${verb}(?=[ '"\`])`).test(text));
    expect(missing).toEqual([]);
  });
});
