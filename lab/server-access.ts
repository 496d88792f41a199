import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { LabInstance } from './instance.ts';
import type { Kubectl } from './kube/kubectl.ts';
import { tail } from './process/daemon.ts';
import { poll } from './process/poll.ts';

const Kubeconfig = z.looseObject({ users: z.array(z.looseObject({ name: z.string() })) });

/** A kubeconfig whose users show a token in the place of what they had. Throws a ZodError for what is no kubeconfig. Pure. */
export function withToken(kubeconfig: string, token: string): string {
  const config = Kubeconfig.parse(parse(kubeconfig));
  return stringify({ ...config, users: config.users.map(({ name }) => ({ name, user: { token } })) });
}

/** Where the kubeconfig of the server lies. */
export function serverKubeconfig(instance: LabInstance): string {
  return join(instance.directory, 'server.kubeconfig');
}

/**
 * Writes the server's kubeconfig, with a token of its service account as in a cluster: a certificate could not be shown to racks.
 * Throws `CommandFailed`.
 */
export async function giveServerAccess(
  instance: LabInstance,
  kubectl: Kubectl,
  kubeconfigPath: string,
  account: { name: string; namespace: string },
): Promise<void> {
  const lasts = ['--duration', '8760h'];
  const token = await kubectl.run('create', 'token', account.name, '-n', account.namespace, ...lasts);
  const text = withToken(readFileSync(kubeconfigPath, 'utf8'), token.trim());
  writeFileSync(serverKubeconfig(instance), text, { mode: 0o600 });
}

/** The last link for signing in that the log of a server has, `undefined` when it has none. Pure. */
export function linkIn(log: string): string | undefined {
  return [...log.matchAll(/^Sign in as .*: (https?:\/\/\S+)$/gm)].at(-1)?.[1];
}

/** The link that signs in once, within ten minutes of the server's start. Throws `TimedOut` with the end of the server's log. */
export async function signInLink(instance: LabInstance): Promise<string> {
  const path = join(instance.directory, 'server.log');
  return await poll(() => linkIn(tail(path, 1_000)), {
    what: () => `the server's link for signing in; the end of ${path}:\n${tail(path)}`,
    timeoutMs: 120_000,
    intervalMs: 200,
  });
}
