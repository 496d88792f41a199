import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEphemeral } from '../../../images/ephemeral/build.ts';
import type { AgentTask, AgentTaskResult, TaskEvent } from '../../../src/api/agent/schema.ts';
import { builtInTests } from '../../../src/api/agent/schema.ts';
import { type FakeRack, startFakeRack } from './support/fake-rack.ts';
import { qmp } from './support/qmp.ts';
import { mac, startVirtualMachine, type VirtualMachine } from './support/virtual-machine.ts';

const minute = 60_000;
const run = promisify(execFile);

/**
 * The real ephemeral OS in one emulated machine: an inventory that lets somebody log in, tests of the hardware, one of which
 * fails because a disk says that it fails, and a rescue in which the agent is killed.
 */
describe('the ephemeral OS, with a person at work in it', () => {
  let directory: string;
  let disk: string;
  let before: string;
  let rack: FakeRack;
  let machine: VirtualMachine;
  let sshPort: number;
  let sshKeys: string[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rescue-'));
    disk = join(directory, 'disk.raw');
    writeFileSync(disk, Buffer.alloc(8 * 1024 * 1024, 0xaa));
    truncateSync(disk, 96 * 1024 * 1024);
    before = digest(disk);
    const health = join(directory, 'nvme.raw');
    writeFileSync(health, '');
    truncateSync(health, 64 * 1024 * 1024);
    for (const name of ['mine', 'strange'])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(directory, name)]);
    sshKeys = [readFileSync(join(directory, 'mine.pub'), 'utf8').trim()];
    sshPort = await freePort();
    const { kernel, initrd } = await buildEphemeral();
    rack = await startFakeRack(new Map());
    machine = await startVirtualMachine({
      kernel: kernel.path,
      initrd: initrd.path,
      arguments: `mw.token=token BOOTIF=01-${mac.replaceAll(':', '-')}`,
      rackPort: rack.port,
      disks: [disk],
      directory,
      sshPort,
      more: [
        ...['-drive', `file=${health},format=raw,if=none,id=health`],
        ...['-device', 'nvme,id=nvme,drive=health,serial=NVME1'],
        ...['-qmp', `unix:${directory}/qmp,server=on,wait=off`],
      ],
    });
  }, 20 * minute);

  afterAll(async () => {
    machine?.kill();
    await rack?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function orDead<T>(promise: Promise<T>): Promise<T> {
    const died = machine.off.then(async () => {
      throw new Error(`the machine went off:\n${await machine.console()}`);
    });
    return Promise.race([promise, died]);
  }

  const give = (task: AgentTask): Promise<AgentTaskResult> => orDead(rack.give(task));

  async function ssh(command: string, key = 'mine'): Promise<string> {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
    options.push('IdentitiesOnly=yes', 'BatchMode=yes', 'ConnectTimeout=60');
    const { stdout } = await run('ssh', [
      ...options.flatMap((option) => ['-o', option]),
      ...['-F', 'none', '-i', join(directory, key), '-p', String(sshPort), 'root@127.0.0.1', command],
    ]);
    return stdout.trim();
  }

  /** The first event after `from` that is as wanted. */
  async function event(from: number, isWanted: (event: TaskEvent) => boolean): Promise<TaskEvent> {
    const until = Date.now() + 3 * minute;
    while (Date.now() < until) {
      const found = rack.events.slice(from).find(isWanted);
      if (found !== undefined) return found;
      await orDead(delay(100));
    }
    throw new Error(`no such event:\n${JSON.stringify(rack.events.slice(from), null, 1)}`);
  }

  it(
    'lets nobody in before it was told to',
    async () => {
      const result = await give({ id: 'inventory', kind: 'Inventory' });
      expect(result).toMatchObject({ outcome: 'Succeeded' });
      await expect(ssh('true')).rejects.toThrow();
    },
    8 * minute,
  );

  it(
    'lets the holder of the key in while it takes the inventory, and says how',
    async () => {
      const result = await give({ id: 'inventory-ssh', kind: 'Inventory', sshKeys });
      expect(result).toMatchObject({
        outcome: 'Succeeded',
        message: expect.stringMatching(/log in by ssh root@10\.0\.2\.15 .*SHA256:\S+ \(ed25519\)/),
      });
      expect(await ssh('id -un')).toBe('root');
      await expect(ssh('true', 'strange')).rejects.toThrow(/Permission denied \(publickey\)/);
    },
    3 * minute,
  );

  it(
    'tests its hardware, and names what does not tell its health',
    async () => {
      const result = await give({ id: 'test', kind: 'Test' });
      expect(result.tests?.map(({ name, outcome }) => [name, outcome])).toEqual(
        builtInTests.map((name) => [name, 'Passed']),
      );
      expect(result).toMatchObject({ outcome: 'Succeeded' });
      const health = result.tests?.find(({ name }) => name === 'disk-health');
      expect(health?.message).toBe('1 disks call themselves healthy; 1 do not tell');
      expect(new Set(rack.events.map(({ step }) => step))).toContain('memory');
    },
    8 * minute,
  );

  it(
    'fails the test of a disk that says that it fails, and only that one',
    async () => {
      await qmp(`${directory}/qmp`, 'qom-set', {
        ...{ path: '/machine/peripheral/nvme', property: 'smart_critical_warning', value: 4 },
      });
      const result = await give({
        id: 'test-again',
        kind: 'Test',
        tests: ['disk-health', 'clock', 'nothing'],
      });
      expect(result).toMatchObject({ outcome: 'Failed', reason: 'TestFailed' });
      expect(result.message).toMatch(/disk-health: .*NVME1.*reliability is degraded/);
      expect(result.tests?.map(({ name, outcome }) => [name, outcome])).toEqual([
        ['disk-health', 'Failed'],
        ['clock', 'Passed'],
        ['nothing', 'Failed'],
      ]);
    },
    3 * minute,
  );

  it(
    'in a rescue shows the disks, mounts none, and outlives its agent',
    async () => {
      const from = rack.events.length;
      const rescued = give({ id: 'rescue', kind: 'Rescue', sshKeys });
      const { message } = await event(from, ({ step }) => step === 'Rescue');
      const shown = await run('ssh-keyscan', ['-t', 'ed25519', '-p', String(sshPort), '127.0.0.1']);
      const fingerprint = /SHA256:\S+/.exec(await fingerprintOf(shown.stdout))?.[0];
      expect(message).toContain(fingerprint ?? 'no fingerprint');
      expect(await ssh('lsblk -dno NAME,SERIAL /dev/vda')).toBe('vda  TEST0');
      expect(await ssh('cat /proc/mounts')).not.toMatch(/^\/dev\/(vda|nvme)/m);
      expect(await ssh('head -c 4 /dev/vda | hexdump -C')).toContain('aa aa aa aa');
      expect(await ssh('ls /usr/lib/sftp-server && mdadm --version 2>&1 && lvs 2>&1 && echo fine')).toContain(
        'fine',
      );
      const heard = await ssh('ping -c 9 127.0.0.1 >/dev/null & timeout 30 tcpdump -n -i lo -c 1 icmp 2>&1');
      expect(heard).toMatch(/127\.0\.0\.1 > 127\.0\.0\.1: ICMP echo/);

      const session = ssh('sleep 20; echo still here');
      const killed = rack.events.length;
      await ssh('killall -9 node');
      const again = await event(killed, ({ step, sequence }) => step === 'Rescue' && sequence < 5);
      expect(again.message).toBe(message);
      expect(await session).toBe('still here');

      rack.withdraw();
      expect(await rescued).toMatchObject({ outcome: 'Succeeded' });
    },
    6 * minute,
  );

  it(
    'has changed nothing on the disk when it goes off',
    async () => {
      await rack.give({ id: 'off', kind: 'PowerOff' });
      await machine.off;
      expect(rack.violations).toEqual([]);
      expect(digest(disk)).toBe(before);
    },
    2 * minute,
  );

  async function fingerprintOf(hostKeys: string): Promise<string> {
    const path = join(directory, 'known_hosts');
    writeFileSync(path, hostKeys);
    return (await run('ssh-keygen', ['-l', '-f', path])).stdout;
  }
});

function digest(file: string): string {
  if (!existsSync(file)) return 'no file';
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
