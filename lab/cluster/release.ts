import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { readLabEnvironment } from '../environment.ts';
import { labError } from '../errors.ts';
import { poll } from '../process/poll.ts';
import { requireProgram } from '../process/programs.ts';
import { run } from '../process/run.ts';
import type { Cluster } from './cluster.ts';
import { writeNames } from './names.ts';
import { clusterPlan as plan } from './plan.ts';

/** Namespace and name of the chart's release. */
export const release = { name: 'metalwright', namespace: 'metalwright-system' } as const;

/** Values of the chart for one node, with the image that was built and no registry. */
export const chartValues = {
  image: { repository: 'localhost/metalwright', tag: packageJson.version, pullPolicy: 'Never' },
  operator: { replicas: 1 },
  server: { replicas: 1 },
  rack: { config: { METALWRIGHT_RACK_INTERFACES: plan.provisioning.nodeDevice } },
} as const;

const workloads = [
  `deployment/${release.name}-operator`,
  `deployment/${release.name}-server`,
  `daemonset/${release.name}-rack`,
] as const;

/** Installs or upgrades the chart by helm, and waits until operator, server and rack are ready. Throws `TimedOut` with why not. */
export async function installChart(
  cluster: Cluster,
  log: (message: string) => void = () => undefined,
  values: object = {},
): Promise<void> {
  log('helm upgrade --install');
  const chart = join(readLabEnvironment().repository, 'charts', 'metalwright');
  await helm(
    cluster,
    ['upgrade', '--install', release.name, chart, '--create-namespace', '--values', '-'],
    JSON.stringify({ ...chartValues, ...values }),
  );
  for (const workload of workloads) {
    await waitFor(cluster, workload);
    log(`${workload} is ready`);
  }
  await writeNames(cluster.files, cluster.kubectl);
}

/** Uninstalls the chart and gives what helm said. */
export function uninstallChart(cluster: Cluster): Promise<string> {
  return helm(cluster, ['uninstall', release.name, '--wait']);
}

/** Runs helm for the release's namespace. Throws `CommandFailed`. */
export function helm(cluster: Cluster, args: readonly string[], input?: string): Promise<string> {
  const program = requireProgram('helm', readLabEnvironment());
  const flags = ['--kubeconfig', cluster.kubeconfigPath, '--namespace', release.namespace];
  return run(program, [...args, ...flags], { timeoutMs: 300_000, ...(input !== undefined && { input }) });
}

async function waitFor({ kubectl }: Cluster, workload: string): Promise<void> {
  const place = ['--namespace', release.namespace];
  const probe = async () => {
    const found = await kubectl.try('rollout', 'status', workload, ...place, '--timeout=10s');
    return found.code === 0 ? true : undefined;
  };
  try {
    await poll(probe, { what: `${workload} to be ready`, timeoutMs: 600_000, intervalMs: 1000 });
  } catch (error) {
    const pods = await kubectl.try('describe', 'pods', ...place);
    const events = pods.stdout.split('\n').slice(-25).join('\n');
    const said = await kubectl.try('logs', workload, ...place, '--tail=20');
    throw labError('TimedOut', `${workload} is not ready.\n${events}\n${said.stdout}${said.stderr}`, {
      cause: error,
    });
  }
}
