import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { ensureLibvirt, LIBVIRT_URI, stopOwnLibvirt } from '../../../lab/machines/libvirt-daemons.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createLibvirtDriver } from '../../../src/rack/power/libvirt/driver.ts';
import { enumerateLibvirt } from '../../../src/rack/power/libvirt/enumerate.ts';
import { freePort, type Peer, pythonOfPeers, scratchDirectory, startPeer, untilReady } from './peers.ts';

const run = promisify(execFile);
const domain = `metalwright-test-${randomUUID().slice(0, 8)}`;
const signal = AbortSignal.timeout(300_000);

/** A machine without anything to boot: it stands still with its power on. */
const xml = `<domain type='qemu'>
  <name>${domain}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <on_poweroff>destroy</on_poweroff>
  <devices><video><model type='none'/></video><memballoon model='none'/></devices>
</domain>
`;

describe('a virtual machine of libvirt', () => {
  const environment = readLabEnvironment();
  const directory = scratchDirectory();
  let sshd: Peer;
  let port: number;
  let ssh: { sshPrivateKey: string; sshKnownHosts: string };
  const path = (name: string): string => join(directory, name);

  beforeAll(async () => {
    await ensureLibvirt(environment);
    writeFileSync(path('domain.xml'), xml);
    await run('virsh', ['-c', LIBVIRT_URI, 'define', path('domain.xml')]);
    for (const name of ['host', 'user']) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path(name)]);
    }
    port = await freePort();
    const script = resolve(import.meta.dirname, 'ssh_server.py');
    const args = [script, String(port), path('host'), path('user.pub')];
    sshd = startPeer(pythonOfPeers(), args, scratchDirectory());
    await untilReady(sshd, async () => {
      if (!sshd.output().includes('ready')) throw new Error('not yet');
    });
    ssh = { sshPrivateKey: readFileSync(path('user'), 'utf8'), sshKnownHosts: knownAs(path('host.pub')) };
  });
  afterAll(async () => {
    await run('virsh', ['-c', LIBVIRT_URI, 'destroy', domain]).catch(() => undefined);
    await run('virsh', ['-c', LIBVIRT_URI, 'undefine', domain]).catch(() => undefined);
    await sshd?.stop();
    await stopOwnLibvirt(environment);
  });

  const knownAs = (file: string): string => `[127.0.0.1]:${port} ${readFileSync(file, 'utf8')}`;
  const remote = (): string => `qemu+ssh://root@127.0.0.1:${port}/system`;
  const driverFor = (address: string, secret: Record<string, string>, name = domain) =>
    createLibvirtDriver({
      ...{ address, username: '', password: '', secret, bootMode: 'UEFI', parameters: { domain: name } },
    });
  /** What virsh says, without the driver. */
  const truth = async (): Promise<string> =>
    (await run('virsh', ['-c', LIBVIRT_URI, 'domstate', domain])).stdout.trim();

  it.each([
    ['on this computer', () => driverFor(LIBVIRT_URI, {})],
    ['over SSH', () => driverFor(remote(), ssh)],
  ])('is switched %s, and a second command changes nothing', async (_, open) => {
    const driver = open();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(await truth()).toBe('running');
    await driver.off(signal);
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(await truth()).toBe('shut off');
    await driver.close();
  });

  it('is listed among all machines of the hypervisor', async () => {
    const target = { username: '', password: '', secret: {}, bootMode: 'UEFI', parameters: {} } as const;
    const nodes = await enumerateLibvirt({ ...target, address: LIBVIRT_URI }, { log: silentLogger }, signal);
    expect(nodes.find(({ name }) => name === domain)).toMatchObject({
      parameters: { domain },
      architecture: 'amd64',
      macAddresses: [],
      powerState: 'Off',
    });
  });

  it('is named when it does not exist', async () => {
    const driver = driverFor(LIBVIRT_URI, {}, 'no-such-machine');
    await expect(driver.status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      retryable: false,
    });
  });

  it('is not asked for over SSH from a host with another key', async () => {
    const driver = driverFor(remote(), { ...ssh, sshKnownHosts: knownAs(path('user.pub')) });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcTlsFailed' });
    await driver.close();
  });

  it('is not given to a key that the host does not know', async () => {
    const driver = driverFor(remote(), { ...ssh, sshPrivateKey: readFileSync(path('host'), 'utf8') });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    await driver.close();
  });

  it('is unreachable where nobody listens', async () => {
    const driver = driverFor(`qemu+ssh://root@127.0.0.1:${await freePort()}/system`, ssh);
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
    await driver.close();
  });

  it.each([
    ['no key', {}],
    ['no known hosts', { sshPrivateKey: 'a key' }],
  ])('needs more than %s for SSH', (_, secret) => {
    expect(() => driverFor(remote(), secret)).toThrow(/sshPrivateKey and sshKnownHosts/);
  });

  it('takes no other address', () => {
    expect(() => driverFor('qemu+ssh://root@host/system?command=/bin/sh', ssh)).toThrow('is neither');
  });
});
