import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import { chassisDrivers } from '../../../src/rack/power/chassis-drivers.ts';
import type { PowerTarget } from '../../../src/rack/power/driver.ts';
import { type PowerDriverName, powerDrivers } from '../../../src/rack/power/drivers.ts';
import { openSsh } from '../../../src/rack/power/ssh/client.ts';
import {
  freePort,
  type Peer,
  pythonOfPeers,
  requireProgram,
  scratchDirectory,
  startPeer,
  untilReady,
} from './peers.ts';

const run = promisify(execFile);
const username = 'rack';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(300_000);
const console = resolve(import.meta.dirname, 'console.ts');

/** An SSH server of asyncssh with a simulated controller behind it. */
async function startConsole(kind: string, machines: object, settings: object = {}) {
  const keys = scratchDirectory();
  const file = (name: string): string => join(keys, name);
  for (const name of ['host', 'user']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const port = await freePort();
  writeFileSync(file('machines'), JSON.stringify(machines));
  writeFileSync(file('settings'), JSON.stringify({ user: username, password, ...settings }));
  const script = resolve(import.meta.dirname, 'ssh_console.py');
  const where = [String(port), file('host'), file('user.pub'), file('settings')];
  const program = kind === 'endless' ? ['yes'] : [process.execPath, console, kind, file('machines')];
  const peer: Peer = startPeer(pythonOfPeers(), [script, ...where, ...program], keys);
  await untilReady(peer, async () => {
    if (!peer.output().includes('ready')) throw new Error('not yet');
  });
  const target = (parameters: Record<string, string>, secret: Record<string, string> = {}): PowerTarget => ({
    ...{ address: `127.0.0.1:${port}`, username, password, bootMode: 'UEFI', parameters },
    secret: {
      sshKnownHosts: `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`,
      password,
      ...secret,
    },
  });
  return {
    peer,
    target,
    key: () => readFileSync(file('user'), 'utf8'),
    otherHost: () => `[127.0.0.1]:${port} ${readFileSync(file('user.pub'), 'utf8')}`,
    machines: () => JSON.parse(readFileSync(file('machines'), 'utf8')),
  };
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('metalwright-ssh-'));

describe('a controller behind OpenSSH', () => {
  const peers: Peer[] = [];
  const start = async (...args: Parameters<typeof startConsole>) => {
    const started = await startConsole(...args);
    peers.push(started.peer);
    return started;
  };

  beforeAll(() => requireProgram('ssh', 'openssh-client'));
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.stop()));
  });

  it.each<[PowerDriverName, Record<string, string>, Record<string, string>, Record<string, string>]>([
    ['mscm', { nodeId: 'c1n1' }, { c1n1: 'Off', c2n1: 'Off' }, { c1n1: 'On', c2n1: 'Off' }],
    ['wedge', {}, { us: 'off' }, { us: 'on' }],
    [
      'hmc',
      { server: 'Server-8284-22A-SN21AD4BV', partition: 'web 7' },
      { 'web 7': 'Not Activated' },
      { 'web 7': 'Running' },
    ],
  ])(
    'is switched by the driver %s, with a password, and nothing stays',
    async (name, parameters, off, on) => {
      const before = leftovers();
      const { target, machines, peer } = await start(name, off);
      const driver = powerDrivers[name](target(parameters), { log: silentLogger });
      expect(await driver.status(signal)).toBe('Off');
      await driver.on(signal);
      expect(machines()).toEqual(on);
      expect(await driver.status(signal)).toBe('On');
      await driver.off(signal);
      expect(await driver.status(signal)).toBe('Off');
      await driver.close();
      expect(leftovers()).toEqual(before);
      await expect.poll(() => peer.output()).toMatch(/gone 0\s*$/);
    },
  );

  it('lists its nodes', async () => {
    const { target } = await start('mscm', { c1n1: 'Off', c2n1: 'On' });
    const nodes = await chassisDrivers.mscm?.(target({}), { log: silentLogger }, signal);
    expect(nodes?.map(({ name, powerState }) => [name, powerState])).toEqual([
      ['c1n1', 'Off'],
      ['c2n1', 'On'],
    ]);
  });

  it('takes a key in the place of a password', async () => {
    const { target, key, peer } = await start('wedge', { us: 'off' });
    const { secret, ...rest } = target({});
    const { password: _, ...withoutPassword } = secret;
    const ssh = openSsh({ ...rest, secret: { ...withoutPassword, sshPrivateKey: key() } });
    expect((await ssh.run('/usr/local/bin/wedge_power.sh status', signal)).stdout).toBe(
      'Microserver power is off',
    );
    ssh.close();
    expect(peer.output()).not.toContain('password');
  });

  it.each([
    ['password', { keyboard: false }],
    ['keyboard-interactive and password', { keyboard: true }],
  ])('is asked for a wrong password once, where the host offers %s', async (_, settings) => {
    const { target, peer } = await start('wedge', { us: 'off' }, settings);
    const wrong = randomBytes(9).toString('hex');
    const ssh = openSsh(target({}, { password: wrong }));
    await expect(ssh.run('true', signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      retryable: false,
      message: expect.not.stringContaining(wrong),
    });
    ssh.close();
    expect(peer.output().match(/password refused/g)).toHaveLength(1);
  });

  it('is refused when its key is another', async () => {
    const { target, otherHost, peer } = await start('wedge', { us: 'off' });
    const ssh = openSsh(target({}, { sshKnownHosts: otherHost() }));
    await expect(ssh.run('true', signal)).rejects.toMatchObject({ code: 'BmcTlsFailed', retryable: false });
    ssh.close();
    expect(peer.output()).not.toContain('password');
  });

  it('is refused when it knows old algorithms only, unless that is allowed', async () => {
    const { target } = await start('wedge', { us: 'off' }, { algorithms: 'old' });
    const strict = openSsh(target({}));
    await expect(strict.run('true', signal)).rejects.toMatchObject({
      code: 'BmcUnsupported',
      message: expect.stringContaining('legacyAlgorithms'),
    });
    strict.close();
    const driver = powerDrivers.wedge(target({ legacyAlgorithms: 'true' }), { log: silentLogger });
    expect(await driver.status(signal)).toBe('Off');
    await driver.close();
  });

  it('is unreachable where nobody listens', async () => {
    const { target } = await start('wedge', { us: 'off' });
    const ssh = openSsh({ ...target({}), address: `127.0.0.1:${await freePort()}` });
    await expect(ssh.run('true', signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
    ssh.close();
  });

  it('is left when it does not answer and nobody wants to know any more', async () => {
    const { target, peer } = await start('slow', {});
    const stop = new AbortController();
    const ssh = openSsh(target({}));
    const asked = ssh.run('true', stop.signal);
    await expect.poll(() => peer.output(), { timeout: 20_000 }).toContain('password taken');
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await expect.poll(() => peer.output(), { timeout: 20_000 }).toMatch(/gone 0\s*$/);
    ssh.close();
  });

  it('is cut short when its answer has no end', async () => {
    const { target } = await start('endless', {});
    const ssh = openSsh(target({}));
    await expect(ssh.run('true', signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
    ssh.close();
  });

  it('has the password in no process list, while it is asked', async () => {
    const { target, peer } = await start('slow', {});
    const stop = new AbortController();
    const ssh = openSsh(target({}));
    const asked = ssh.run('true', stop.signal).catch(() => undefined);
    await expect.poll(() => peer.output(), { timeout: 20_000 }).toContain('password taken');
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      for (const part of ['cmdline', 'environ']) {
        const path = `/proc/${pid}/${part}`;
        if (pid !== String(process.pid) && existsSync(path)) expect(textOf(path)).not.toContain(password);
      }
    }
    stop.abort(new Error('enough'));
    await asked;
    ssh.close();
  });
});

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
