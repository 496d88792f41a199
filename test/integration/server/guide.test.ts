import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryRun } from '../../../lab/process/run.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { aMachine } from '../controllers/setting.ts';
import { type Setting, startSetting } from './setting.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/api.md'), 'utf8');
const examples = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);

describe('the examples of the guide', () => {
  let setting: Setting;
  let token: string;

  beforeAll(async () => {
    setting = await startSetting();
    token = await setting.token('person', { rules: [{ resources: ['*'], verbs: ['*'] }] });
    for (const [index, name] of ['rack1-u1', 'rack1-u2'].entries()) {
      await setting.client.create(machineKind, aMachine(name, index));
    }
  });
  afterAll(() => setting.stop());

  it('are there', () => expect(examples.length).toBeGreaterThan(5));

  it.each(examples.map((text) => [text.split('\n', 1)[0] ?? '', text]))('work: %s', async (_line, text) => {
    const script = `set -eu; API=${setting.url}; read -r TOKEN\n${text}`;
    const { code, stdout, stderr } = await tryRun('bash', ['-c', script], { input: `${token}\n` });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('"problem"');
  });
});
