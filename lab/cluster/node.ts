import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';
import { labError } from '../errors.ts';
import { type Daemon, readPidFile, startDaemon, stopDaemon, tail } from '../process/daemon.ts';
import { poll } from '../process/poll.ts';
import { requireProgram } from '../process/programs.ts';
import { run, tryRun } from '../process/run.ts';
import type { ClusterFiles } from './plan.ts';
import { clusterPlan as plan } from './plan.ts';

const script = join(import.meta.dirname, 'node.sh');

/** The node as a computer: it has processes, and cables to the host. */
export interface ClusterNode {
  /** Starts a program on it, in the background. */
  start(name: string, command: string, args: readonly string[]): Daemon;
  /** Runs a program on it to its end. Throws `CommandFailed`. */
  run(command: string, ...args: string[]): Promise<string>;
}

/** Makes the node, with its cables. Throws `Conflict` when interfaces of its names are there, `DaemonDied` or `TimedOut`. */
export async function startNode(files: ClusterFiles, environment: LabEnvironment): Promise<ClusterNode> {
  for (const device of [plan.hostDevice, plan.provisioning.bridge]) {
    if ((await tryRun('ip', ['link', 'show', device])).code === 0) {
      throw labError(
        'Conflict',
        `there is an interface ${device} already; remove it: ip link delete ${device}`,
      );
    }
  }
  rmSync(join(files.directory, 'made'), { force: true });
  const holder = startDaemon({
    name: 'node',
    directory: files.directory,
    command: requireProgram('sh', environment),
    args: [script, 'start', files.directory, plan.nodeName],
    lifetime: 'detached',
  });
  await poll(() => exists(join(files.directory, 'made')), {
    what: `the node's namespaces; see ${holder.logPath}`,
    timeoutMs: 30_000,
    check: holder.assertAlive,
  });
  const node = openNode(files, environment);
  if (node === undefined) throw labError('DaemonDied', `the node ended: ${tail(holder.logPath)}`);
  await plugIn(firstProcess(holder.pid));
  return node;
}

/** The node that runs, `undefined` when none does. */
export function openNode(files: ClusterFiles, environment: LabEnvironment): ClusterNode | undefined {
  const holder = readPidFile(files.directory, 'node');
  if (holder === undefined) return undefined;
  const nsenter = requireProgram('nsenter', environment);
  const namespaces = ['mount', 'net', 'uts', 'ipc', 'pid', 'cgroup'].map((name) => `--${name}`);
  const target = ['--target', String(firstProcess(holder.pid)), ...namespaces];
  const enter = (command: string, args: readonly string[]) => [
    ...[...target, '--', 'sh', script, 'run', command],
    ...args,
  ];
  return {
    start: (name, command, args) =>
      startDaemon({
        name,
        directory: files.directory,
        command: nsenter,
        args: enter(command, args),
        lifetime: 'detached',
      }),
    run: (command, ...args) => run(nsenter, enter(command, args), { timeoutMs: 300_000 }),
  };
}

/** Ends the node with everything that runs on it, and removes its cables, control groups and files. */
export async function removeNode(files: ClusterFiles): Promise<void> {
  // Its first process heeds no signal but one; with it, the kernel ends all others.
  await stopDaemon(files.directory, 'node', 200);
  const { port, bridge } = plan.provisioning;
  for (const device of [plan.hostDevice, port, bridge]) {
    await tryRun('ip', ['link', 'delete', device]);
  }
  await poll(() => removeGroups(files), { what: "the node's control groups to empty", timeoutMs: 30_000 });
  rmSync(files.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function plugIn(pid: number): Promise<void> {
  const inside = (...args: string[]) => run('nsenter', ['--target', String(pid), '--net', 'ip', ...args]);
  const host = (...args: string[]) => run('ip', args);
  const { provisioning: net, prefixLength } = plan;
  const cable = async (device: string, far: string, address: string) => {
    await host('link', 'add', device, 'type', 'veth', 'peer', 'name', far, 'netns', String(pid));
    await host('link', 'set', device, 'up');
    await inside('address', 'add', `${address}/${prefixLength}`, 'dev', far);
    await inside('link', 'set', far, 'up');
  };
  await cable(plan.hostDevice, plan.nodeDevice, plan.nodeAddress);
  await host('address', 'add', `${plan.hostAddress}/${prefixLength}`, 'dev', plan.hostDevice);
  // What a pod asks of the host comes back to it.
  await host('route', 'add', plan.podSubnet, 'via', plan.nodeAddress);
  // The API server does not start where no route leads out.
  await inside('route', 'add', 'default', 'via', plan.hostAddress);
  await host('link', 'add', net.bridge, 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
  // By this mark the laboratory's hardware knows the bridge for its own.
  await host('link', 'set', net.bridge, 'alias', 'metalwright-cluster');
  await host('address', 'add', `${net.hostAddress}/${prefixLength}`, 'dev', net.bridge);
  await host('link', 'set', net.bridge, 'up');
  await cable(net.port, net.nodeDevice, net.nodeAddress);
  await host('link', 'set', net.port, 'master', net.bridge);
}

/** The node's process 1, as the host counts. */
function firstProcess(holder: number): number {
  const children = readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8').trim().split(' ');
  const pid = Number(children[0]);
  if (!Number.isInteger(pid) || pid <= 0) throw labError('DaemonDied', 'the node has no process any more');
  return pid;
}

async function exists(path: string): Promise<true | undefined> {
  return (await tryRun('test', ['-e', path])).code === 0 ? true : undefined;
}

async function removeGroups(files: ClusterFiles): Promise<true | undefined> {
  const list = await tryRun('cat', [join(files.directory, 'groups')]);
  const groups = list.stdout.split('\n').filter((path) => path.endsWith('/mwc'));
  for (const group of groups) {
    if ((await exists(group)) === undefined) continue;
    const { code } = await tryRun('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
    if (code !== 0) return undefined;
  }
  return true;
}
