import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabEnvironment } from '../../lab/environment.ts';
import { labDown, openLab } from '../../lab/lab.ts';
import { requireProgram } from '../../lab/process/programs.ts';

const repository = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(repository, 'docs/guides/first-machine.md'), 'utf8');

/** What the page says to type, by the title of its step. */
const steps = page
  .split(/^## /m)
  .slice(1)
  .map((text): [title: string, commands: string] => [
    text.slice(0, text.indexOf('\n')),
    [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n'),
  ]);

/**
 * A reader who types everything that the page says, in one shell, and waits where it says so: `--watch` until the last word of
 * the comment beside it appears. Takes the laboratory that people use, so nobody else's may be up.
 */
describe('docs/guides/first-machine.md, word for word', () => {
  let directory: string;
  let shell: Shell;

  beforeAll(async () => {
    if (openLab('lab') !== undefined) throw new Error('a laboratory is up: ./dev lab down');
    directory = await mkdtemp(join(tmpdir(), 'metalwright-reader-'));
    await writeTools(directory);
    shell = startShell(directory);
  });
  afterAll(async () => {
    shell?.end();
    await labDown('lab');
    await rm(directory, { recursive: true, force: true });
    for (const end of ['', '.pub']) await rm(`/tmp/first-key${end}`, { force: true });
  });

  it('has steps', () => expect(steps.length).toBeGreaterThan(4));

  it.each(steps)('%s', { timeout: 30 * 60_000 }, async (_title, commands) => {
    const { failed, said } = await shell.run(patiently(commands));
    expect(failed, said).toEqual([]);
  });
});

/** Waits as the reader does: a list that is watched is looked at until the last word of its comment is in it. */
function patiently(commands: string): string {
  return commands.replace(
    /^(kubectl .*--watch)\s*#.*?(\w+)$/gm,
    (_, watch: string, word: string) => `grep -m 1 -w ${word} < <(timeout 1500 ${watch})`,
  );
}

/** kubectl of the laboratory's version, and an ssh that says yes to a host it never saw, as the reader does. */
async function writeTools(directory: string): Promise<void> {
  const environment = readLabEnvironment();
  const tool = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(directory, name), 0o755);
  };
  await tool('kubectl', `exec ${requireProgram('kubectl', environment)} "$@"`);
  const options = '-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';
  await tool('ssh', `exec ${requireProgram('ssh', environment)} ${options} "$@" </dev/null`);
}

interface Shell {
  /** Runs commands; `failed` are those that ended otherwise than with 0. */
  run(commands: string): Promise<{ failed: string[]; said: string }>;
  end(): void;
}

/** One shell for the whole page: variables of one step are used in the next. */
function startShell(tools: string): Shell {
  const mark = '----metalwright-reader----';
  const env = { ...process.env, PATH: `${tools}:${dirname(process.execPath)}:${process.env.PATH ?? ''}` };
  const child = spawn('bash', [], { cwd: repository, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let ended = Promise.withResolvers<void>();
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
    if (said.includes(`${mark}end`)) ended.resolve();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('exit', () => {
    said += `${mark}failed the shell ended\n`;
    ended.resolve();
  });
  child.stdin.write(`trap 'echo "${mark}failed $BASH_COMMAND"' ERR\n`);
  return {
    async run(commands) {
      said = '';
      ended = Promise.withResolvers();
      child.stdin.write(`{ ${commands.trimEnd()}\n} </dev/null; echo "${mark}end"\n`);
      await ended.promise;
      const failed = said.split('\n').filter((line) => line.startsWith(`${mark}failed`));
      return { failed: failed.map((line) => line.slice(`${mark}failed `.length)), said };
    },
    end: () => void child.kill(),
  };
}
