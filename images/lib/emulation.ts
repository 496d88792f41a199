import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type Architecture, namesOf, ownArchitecture } from './architecture.ts';
import { run } from './run.ts';

/** A way to run programs of an architecture that may not be this computer's. */
export interface Emulation {
  /** What goes before a command; empty where its programs run anyway. */
  prefix: readonly string[];
  /** Lets go of it, when no command runs any more. */
  close(): Promise<void>;
}

/** Registers what the file says, and becomes the command. */
const register = `mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
cat "$0" >/proc/sys/fs/binfmt_misc/register
exec "$@"`;

/**
 * Programs of other architectures by QEMU, known to the kernel in a user namespace of their own (binfmt_misc, since Linux 6.7): when
 * the command ends, however it ends, nothing is registered that was not before. Where the system knows QEMU already, as Debian's package
 * binfmt-support and Docker see to, that is used. Needs root.
 *
 * @throws Error when there is no such QEMU, or the kernel has no binfmt_misc for namespaces
 */
export async function openEmulation(architecture: Architecture): Promise<Emulation> {
  const { machine } = namesOf[architecture];
  if (architecture === ownArchitecture() || (await isRegistered(machine))) {
    return { prefix: [], close: async () => undefined };
  }
  const rule = `/usr/lib/binfmt.d/qemu-${machine}.conf`;
  const advice = `programs of ${architecture} do not run here: apt-get install qemu-user-static arch-test`;
  if ((await text(rule)) === '') throw new Error(`${advice} (no ${rule})`);
  const { holder, ended } = await holdUserNamespace();
  const close = async () => {
    holder.stdin.end();
    await ended;
  };
  const prefix = [
    ...['nsenter', `--user=/proc/${holder.pid}/ns/user`, 'unshare', '--mount', '--pid', '--fork'],
    ...['--kill-child', '--mount-proc', 'sh', '-ec', register, rule],
  ];
  const [enter = '', ...command] = [...prefix, 'true'];
  await run(enter, command).catch(async (cause: unknown) => {
    await close();
    const known = 'before Linux 6.7 the whole system has to know QEMU: apt-get install binfmt-support';
    throw new Error(`${advice} (${known})`, { cause });
  });
  return { prefix, close };
}

/** Whether the kernel runs them, wherever the file system of the interpreter is: F. */
async function isRegistered(machine: string): Promise<boolean> {
  const entry = await text(`/proc/sys/fs/binfmt_misc/qemu-${machine}`);
  return /^enabled$/m.test(entry) && /^flags:.*F/m.test(entry);
}

/** A process in a user namespace with all users of this one, which ends when its input does: with this process at the latest. */
async function holdUserNamespace() {
  const holder = spawn('unshare', ['--user', 'sh', '-c', 'echo entered; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => holder.on('close', () => resolve()));
  const failed = once(holder, 'exit').then(() =>
    Promise.reject(new Error('no user namespace: unshare --user failed')),
  );
  await Promise.race([once(holder.stdout, 'data'), failed]);
  for (const kind of ['uid', 'gid']) await writeFile(`/proc/${holder.pid}/${kind}_map`, '0 0 4294967295');
  return { holder, ended };
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
