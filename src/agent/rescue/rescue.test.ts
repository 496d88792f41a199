import { describe, expect, it } from 'vitest';
import type { ProgramResult } from '../host/programs.ts';
import { replay } from '../testing/recorded-files.ts';
import { rescue } from './rescue.ts';
import { authorizedKeys, ensureSshServer } from './ssh-server.ts';
import { withSsh } from './with-ssh.ts';

const ok: ProgramResult = { status: 0, stdout: '', stderr: '' };
const key = 'ssh-ed25519 AAAAC3Nz me@here';

/** A machine whose programs do what they are for, or fail when named. */
function setup() {
  const commands: string[] = [];
  const texts: Record<string, string> = { '/run/mw/network': 'eth0 10.0.0.7/24' };
  const bytes: Record<string, string> = {};
  const links: Record<string, string> = {};
  const modes: Record<string, number> = {};
  const reports: [string, string][] = [];
  const stop = new AbortController();
  const failing = new Set<string>();
  let starts = 0;
  let watch = (): void => {};
  const server = {
    die: () => delete links['/proc/4/exe'],
    stop: () => stop.abort(new Error('the rack answered HTTP 409')),
  };
  const deps = {
    files: replay({ texts, bytes, links, lists: {} }),
    timing: {
      now: () => 0,
      random: () => 0,
      async sleep(_ms: number, signal?: AbortSignal) {
        watch();
        signal?.throwIfAborted();
      },
    },
    async run(name: string, args: readonly string[]): Promise<ProgramResult> {
      const program = name.split('/').at(-1) ?? name;
      commands.push([program, ...args].join(' '));
      if (failing.has(program)) return { status: 1, stdout: '', stderr: `${program} is broken` };
      if (program === 'dropbearkey' && args[0] === '-t') bytes[args[3] ?? ''] = 'aa';
      if (program === 'dropbearkey' && args[0] === '-y')
        return {
          ...ok,
          stdout: `Public key portion is:\nssh-x AAAA\nFingerprint: SHA256:${args[2]?.length}\n`,
        };
      if (program === 'dropbear') {
        starts += 1;
        texts['/run/mw/ssh/pid'] = '4';
        links['/proc/4/exe'] = '/usr/sbin/dropbear';
      }
      return ok;
    },
    async writeFile(path: string, content: string, mode: number) {
      texts[path] = content;
      modes[path] = mode;
    },
  };
  const context = {
    report: (step: string, message: string) => void reports.push([step, message]),
    sessionKey: '',
    signal: stop.signal,
  };
  const onWatch = (then: () => void): void => {
    watch = then;
  };
  return { deps, context, commands, texts, modes, reports, failing, server, onWatch, starts: () => starts };
}

describe('the keys of those who may log in', () => {
  it.each([
    [
      ['ssh-ed25519 A', 'ssh-rsa B'],
      ['ssh-ed25519 A', 'ssh-rsa B'],
    ],
    [['# a comment\nssh-ed25519 A me\r\n\n', ' ssh-ed25519 A me '], ['ssh-ed25519 A me']],
    [['', '\n', '#'], []],
  ])('%j are %j', (given, lines) => expect(authorizedKeys(given)).toEqual(lines));
});

describe('the SSH server', () => {
  it('has host keys that are made at this moment, takes keys alone, and belongs to root', async () => {
    const { deps, commands, texts, modes } = setup();
    expect(await ensureSshServer([key], deps)).toEqual(['SHA256:24 (ed25519)', 'SHA256:22 (ecdsa)']);
    expect(texts['/root/.ssh/authorized_keys']).toBe(`${key}\n`);
    expect(modes['/root/.ssh/authorized_keys']).toBe(0o600);
    expect(commands.filter((command) => command.startsWith('dropbearkey -t'))).toHaveLength(2);
    expect(commands.at(-1)).toMatch(/^dropbear .*-r \/run\/mw\/ssh\/host_ed25519 .* -s /);
  });

  it('is left alone when it runs, and keeps its host keys when it is started again', async () => {
    const { deps, commands, server, starts } = setup();
    await ensureSshServer([key], deps);
    await ensureSshServer([key], deps);
    expect(starts()).toBe(1);
    server.die();
    await ensureSshServer([key], deps);
    expect(starts()).toBe(2);
    expect(commands.filter((command) => command.startsWith('dropbearkey -t'))).toHaveLength(2);
  });

  it('is not started for nobody', async () => {
    const { deps, commands } = setup();
    await expect(ensureSshServer(['# nobody'], deps)).rejects.toMatchObject({ code: 'RescueFailed' });
    expect(commands).toEqual([]);
  });
});

describe('a rescue', () => {
  it('says how to log in, starts a server that died, and ends when the rack no longer wants it', async () => {
    const { deps, context, reports, server, starts, onWatch, failing } = setup();
    let looks = 0;
    onWatch(() => {
      looks += 1;
      if (looks === 2) server.die();
      if (looks === 4) {
        server.die();
        failing.add('dropbear');
      }
      if (looks === 6) failing.clear();
      if (looks === 8) server.stop();
    });
    const { message } = await rescue({ id: 't', kind: 'Rescue', sshKeys: [key] }, context, deps);
    expect(message).toContain('HTTP 409');
    expect(starts()).toBe(3);
    expect(reports.map(([step, words]) => `${step}: ${words.slice(0, 33)}`)).toEqual([
      'Hardware: looking for disks',
      'Ssh: starting the SSH server',
      'Ssh: log in by ssh root@10.0.0.7 with ',
      'Rescue: host keys SHA256:24 (ed25519), SH',
      'Rescue: the SSH server has died and canno',
      'Rescue: host keys SHA256:24 (ed25519), SH',
    ]);
  });

  it.each(['dropbear', 'dropbearkey', 'mkdir'])('fails by name when %s does not work', async (program) => {
    const { deps, context, failing } = setup();
    failing.add(program);
    await expect(rescue({ id: 't', kind: 'Rescue', sshKeys: [key] }, context, deps)).rejects.toMatchObject({
      code: 'RescueFailed',
      message: expect.stringContaining(`${program} is broken`),
    });
  });

  it('tells no key', async () => {
    const { deps, context, reports, server, onWatch } = setup();
    onWatch(server.stop);
    const result = await rescue({ id: 't', kind: 'Rescue', sshKeys: [key] }, context, deps);
    expect(JSON.stringify([reports, result])).not.toContain('AAAAC3Nz');
  });
});

describe('another task with somebody looking on', () => {
  it('says at its end how to log in', async () => {
    const { deps, context } = setup();
    const done = await withSsh([key], context, deps, async () => ({ message: 'taken' }));
    expect(done.message).toMatch(/^taken; log in by ssh root@10\.0\.0\.7 /);
  });

  it('is done also when nobody can log in', async () => {
    const { deps, context, failing } = setup();
    failing.add('dropbear');
    const done = await withSsh([key], context, deps, async () => ({ message: 'taken' }));
    expect(done.message).toMatch(/^taken; nobody can log in: /);
  });

  it('starts nothing without keys', async () => {
    const { deps, context, commands } = setup();
    expect(await withSsh([], context, deps, async () => ({ message: 'taken' }))).toEqual({
      message: 'taken',
    });
    expect(commands).toEqual([]);
  });
});
