import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEnvironment } from './environment.ts';
import type { LabInstance } from './instance.ts';
import { type Daemon, startDaemon, stopDaemon } from './process/daemon.ts';
import { serverKubeconfig } from './server-access.ts';

/** The programs of Metalwright that a laboratory runs, with the variables that tell them where they are. */
export const labPrograms = ['operator', 'rack', 'server'] as const;
export type LabProgram = (typeof labPrograms)[number];

/** Namespace of Metalwright's own objects, among them the Secrets with passwords of BMCs. */
export const SYSTEM_NAMESPACE = 'metalwright-system';

/** Starts `src/bin/<program>.ts` in the background. `undefined` while the checkout has no such program. */
export function startProgram(
  program: LabProgram,
  instance: LabInstance,
  environment: LabEnvironment,
  kubeconfigPath: string,
  lifetime: 'parent' | 'detached',
): Daemon | undefined {
  const script = join(environment.repository, 'src', 'bin', `${program}.ts`);
  if (!existsSync(script)) return undefined;
  return startDaemon({
    name: program,
    directory: instance.directory,
    command: process.execPath,
    args: [script],
    env: { ...process.env, ...programVariables(program, instance, environment, kubeconfigPath) },
    cwd: environment.repository,
    lifetime,
  });
}

/** Stops a program: its end is waited for, so that leases and sockets are free again. */
export function stopProgram(program: LabProgram, instance: LabInstance): Promise<void> {
  return stopDaemon(instance.directory, program, 15_000);
}

/** The variables of a program in the laboratory. */
export function programVariables(
  program: LabProgram,
  instance: LabInstance,
  environment: LabEnvironment,
  kubeconfigPath: string,
): Record<string, string> {
  const common = {
    KUBECONFIG: kubeconfigPath,
    METALWRIGHT_NAMESPACE: SYSTEM_NAMESPACE,
    METALWRIGHT_LOG_LEVEL: 'debug',
    METALWRIGHT_IMAGE_DIRS: join(environment.cache, 'images'),
  };
  if (program === 'operator')
    return { ...common, METALWRIGHT_ADMIN_PORT: String(instance.operatorAdminPort) };
  if (program === 'server') {
    return {
      ...common,
      KUBECONFIG: serverKubeconfig(instance),
      METALWRIGHT_API_PORT: String(instance.serverPort),
      METALWRIGHT_API_ADMIN_LINK: 'true',
      METALWRIGHT_HISTORY_DIRECTORY: join(instance.directory, 'history'),
    };
  }
  return {
    ...common,
    METALWRIGHT_RACK_NAME: `rack-${instance.name}`,
    METALWRIGHT_RACK_INTERFACES: instance.bridge,
    METALWRIGHT_STATE_DIR: join(instance.directory, 'rack'),
    METALWRIGHT_HTTP_PORT: String(instance.rackHttpPort),
    METALWRIGHT_ADMIN_PORT: String(instance.rackAdminPort),
    // Virtual BMCs need no rest between two commands, and people who watch want to see the power change.
    METALWRIGHT_BMC_PACE_MS: '200',
    METALWRIGHT_POWER_POLL_SECONDS: '5',
  };
}
