import { messageOf } from '../../errors/coded-error.ts';
import type { Handled, TaskContext } from '../work.ts';
import { address } from './rescue.ts';
import { ensureSshServer, type SshServerDeps } from './ssh-server.ts';
import { greeting, howToLogIn } from './words.ts';

/**
 * Does other work while the holders of the keys may log in; how, is said at the end of its message. An SSH server that does
 * not start is said, and holds nothing up.
 */
export async function withSsh(
  sshKeys: readonly string[] | undefined,
  context: TaskContext,
  deps: SshServerDeps,
  act: () => Promise<Handled>,
): Promise<Handled> {
  if (sshKeys === undefined || sshKeys.length === 0) return act();
  await deps.writeFile('/run/mw/motd', greeting, 0o644);
  const words = await ensureSshServer(sshKeys, deps).then(
    async (fingerprints) => howToLogIn(fingerprints, await address(deps)),
    (error: unknown) => `nobody can log in: ${messageOf(error)}`,
  );
  context.report('Ssh', words);
  const handled = await act();
  return { ...handled, message: `${handled.message.slice(0, 600)}; ${words}`.slice(0, 1000) };
}
