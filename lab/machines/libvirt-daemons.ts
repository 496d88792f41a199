import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';
import { startDaemon, stopDaemon } from '../process/daemon.ts';
import { withLock } from '../process/lock.ts';
import { poll } from '../process/poll.ts';
import { identify, isAlive, readIdentity } from '../process/proc-stat.ts';
import { requireProgram } from '../process/programs.ts';
import { tryRun } from '../process/run.ts';

/** The connection that everything uses: virtual machines of the system, not of a user. */
export const LIBVIRT_URI = 'qemu:///system';

const QEMU_CONFIG = '/etc/libvirt/qemu.conf';

/**
 * Starts libvirt's daemons when none answers; `stopOwnLibvirt` stops what this started, and nothing else. Those daemons
 * run QEMU as root, by a configuration that only they see: where root may open /dev/kvm and QEMU's own user may not,
 * libvirt takes its knowledge of QEMU for outdated each time that it looks, and asks QEMU anew for seconds.
 */
export async function ensureLibvirt(environment: LabEnvironment): Promise<void> {
  await alone(environment, async () => {
    const users = usersOf(environment);
    mkdirSync(users, { recursive: true });
    writeFileSync(join(users, `${process.pid}`), JSON.stringify(identify(process.pid)));
    if (!(await answers())) await start(environment);
  });
}

/** Stops the daemons that `ensureLibvirt` started, unless another process uses them or there are still virtual machines. */
export async function stopOwnLibvirt(environment: LabEnvironment): Promise<void> {
  await alone(environment, async () => {
    rmSync(join(usersOf(environment), `${process.pid}`), { force: true });
    const directory = ownDaemons(environment);
    if (!existsSync(join(directory, 'libvirtd.pid')) || isUsed(environment)) return;
    const domains = await tryRun('virsh', ['-c', LIBVIRT_URI, 'list', '--all', '--name']);
    if (domains.code === 0 && domains.stdout.trim() !== '') return;
    await stopDaemon(directory, 'libvirtd');
    await stopDaemon(directory, 'virtlogd');
  });
}

async function start(environment: LabEnvironment): Promise<void> {
  const directory = ownDaemons(environment);
  const daemon = (name: string, command: string, args: string[]) =>
    startDaemon({ name, directory, command, args, lifetime: 'detached' });
  daemon('virtlogd', requireProgram('virtlogd', environment), []);
  const config = join(directory, 'qemu.conf');
  writeFileSync(config, 'user = "root"\ngroup = "root"\n');
  const script = `mount --bind "$1" ${QEMU_CONFIG} && exec "$2"`;
  daemon('libvirtd', requireProgram('unshare', environment), [
    ...['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'],
    ...[config, requireProgram('libvirtd', environment)],
  ]);
  await poll(async () => ((await answers()) ? true : undefined), {
    what: 'libvirt to answer',
    timeoutMs: 60_000,
  });
}

/** Tests run beside one another: nobody looks whether libvirt runs while somebody else starts or stops it. */
function alone(environment: LabEnvironment, work: () => Promise<void>): Promise<void> {
  return withLock(join(environment.cache, 'run', 'libvirt.lock'), 'libvirt', work, { waitMs: 120_000 });
}

function isUsed(environment: LabEnvironment): boolean {
  const users = usersOf(environment);
  if (!existsSync(users)) return false;
  return readdirSync(users).some((name) => {
    const user = readIdentity(join(users, name));
    if (user !== undefined && isAlive(user)) return true;
    rmSync(join(users, name), { force: true });
    return false;
  });
}

async function answers(): Promise<boolean> {
  return (await tryRun('virsh', ['-c', LIBVIRT_URI, 'version'], { timeoutMs: 10_000 })).code === 0;
}

function ownDaemons(environment: LabEnvironment): string {
  return join(environment.cache, 'run', 'libvirt');
}

function usersOf(environment: LabEnvironment): string {
  return join(ownDaemons(environment), 'users');
}
