import { messageOf } from '../../errors/coded-error.ts';
import type { RescueTask } from '../contract.ts';
import { settleHardware } from '../host/machine.ts';
import type { Timing } from '../time.ts';
import type { TaskContext } from '../work.ts';
import { ensureSshServer, type SshServerDeps } from './ssh-server.ts';
import { greeting, howToLogIn } from './words.ts';

export interface RescueDeps extends SshServerDeps {
  timing: Timing;
}

/** How often the SSH server is looked after. */
const watchMs = 5_000;

/**
 * Opens the machine to the people whose keys the task carries, and keeps it open until the rack no longer wants it: the
 * disks are not touched. Whoever is logged in stays so when the rack is away.
 *
 * @throws RescueFailed when the SSH server cannot be started at all; one that dies later is started again
 */
export async function rescue(
  task: RescueTask,
  context: TaskContext,
  deps: RescueDeps,
): Promise<{ message: string }> {
  context.report('Hardware', 'looking for disks');
  await settleHardware(deps.run, context.signal);
  context.report('Ssh', 'starting the SSH server');
  await deps.writeFile('/run/mw/motd', greeting, 0o644);
  const hostKeys = await ensureSshServer(task.sshKeys, deps);
  context.report('Ssh', howToLogIn(hostKeys, await address(deps)));
  // The operator knows the address; what it shows is made of this.
  let said = `host keys ${hostKeys.join(', ')}`;
  context.report('Rescue', said);
  while (await pause(deps.timing, context.signal)) {
    const now = await ensureSshServer(task.sshKeys, deps).then(
      (fingerprints) => `host keys ${fingerprints.join(', ')}`,
      (error: unknown) => `the SSH server has died and cannot be started again: ${messageOf(error)}`,
    );
    if (now !== said) context.report('Rescue', now);
    said = now;
  }
  return { message: `the rescue is over: ${messageOf(context.signal.reason)}` };
}

/** The address that DHCP gave, without the length of its prefix. */
export async function address({ files }: Pick<RescueDeps, 'files'>): Promise<string> {
  const line = await files.readText('/run/mw/network');
  return line?.split(' ').at(1)?.split('/').at(0) ?? 'its address';
}

/** @returns false when the signal aborts */
async function pause(timing: Timing, signal: AbortSignal): Promise<boolean> {
  await timing.sleep(watchMs, signal).catch(() => {});
  return !signal.aborted;
}
