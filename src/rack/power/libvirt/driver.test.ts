import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { PowerTarget } from '../driver.ts';
import { openVirsh, stateOf } from './driver.ts';
import { virshUri } from './uri.ts';

function target(address: string, secret: Record<string, string> = {}): PowerTarget {
  const parameters = { domain: 'vm-7' };
  return { address, username: '', password: '', secret, parameters, bootMode: 'UEFI' };
}
const remote = 'qemu+ssh://rack@10.0.0.9/system';
const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('metalwright-ssh-'));

describe('the state of a virtual machine of libvirt', () => {
  it.each([
    ['running', 'On'],
    ['idle', 'On'],
    ['paused', 'On'],
    ['in shutdown', 'On'],
    ['pmsuspended', 'On'],
    ['shut off', 'Off'],
    ['crashed', 'Off'],
    ['no state', 'Unknown'],
    ['', 'Unknown'],
  ])('that is printed as "%s" is %s', (printed, state) => {
    expect(stateOf(printed)).toBe(state);
  });
});

describe('the address of a hypervisor', () => {
  it('is used as it is on the rack’s own node', () => {
    expect(virshUri('qemu:///system', undefined)).toBe('qemu:///system');
  });

  it('over SSH has a command of ours in the place of ssh, and asks nobody', () => {
    expect(virshUri(remote, '/tmp/x/ssh')).toBe(`${remote}?command=%2Ftmp%2Fx%2Fssh&no_tty=1`);
  });

  it.each([
    '10.0.0.9',
    'qemu+tcp://10.0.0.9/system',
    'qemu+ssh://10.0.0.9/system',
    'qemu+ssh://rack@10.0.0.9/system?command=/bin/sh',
    'qemu+ssh://rack@-oProxyCommand=x y/system',
    'qemu:///system?x=1',
  ])('may not be %s', (address) => {
    const refused = expect.objectContaining({ code: 'BmcUnreachable' });
    expect(() => virshUri(address, '/tmp/x/ssh')).toThrow(refused);
  });
});

describe('the credentials for SSH', () => {
  it.each([{}, { sshPrivateKey: 'k' }, { sshKnownHosts: 'h' }])('are asked for by name: %o', (secret) => {
    const before = left();
    const refused = expect.objectContaining({
      code: 'BmcAuthenticationFailed',
      message: expect.stringContaining('sshPrivateKey and sshKnownHosts'),
    });
    expect(() => openVirsh(target(remote, secret))).toThrow(refused);
    expect(left()).toEqual(before);
  });

  it('are gone from the disk when the driver is closed', () => {
    const before = left();
    const { uri, close } = openVirsh(target(remote, { sshPrivateKey: 'k', sshKnownHosts: 'h' }));
    expect(left().length).toBe(before.length + 1);
    expect(uri).toContain(encodeURIComponent('metalwright-ssh-'));
    close();
    expect(left()).toEqual(before);
  });
});
