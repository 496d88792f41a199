#!/usr/bin/env node
/** `./dev cluster up|status|logs|down`: a real Kubernetes of one node, with the image of Metalwright on it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { messageOf } from '../../src/errors/coded-error.ts';
import { readPidFile } from '../process/daemon.ts';
import { createProgress } from '../progress.ts';
import { clusterDown, clusterPrograms, clusterUp, openCluster, requireCluster } from './cluster.ts';
import { installChart, uninstallChart } from './release.ts';
import { clusterUsage } from './usage.ts';

const commands = { up, status, install, uninstall, logs, down } as const;

async function up(): Promise<void> {
  const progress = createProgress();
  if (openCluster() !== undefined) {
    console.log('The cluster is up already; `./dev cluster down` takes it down.\n');
    await status();
    return;
  }
  const cluster = await clusterUp(progress.log);
  progress.log('the cluster is up');
  console.log(clusterUsage(cluster));
}

async function status(): Promise<void> {
  const { files, kubectl } = requireCluster();
  for (const name of clusterPrograms) {
    const running = readPidFile(files.directory, name) !== undefined;
    console.log(
      `${name.padEnd(24)} ${running ? 'running' : `ended; see ${join(files.directory, name)}.log`}`,
    );
  }
  for (const what of ['nodes', 'pods']) {
    const found = await kubectl.try('get', what, '--all-namespaces', '-o', 'wide');
    console.log(`\n${found.stdout || found.stderr}`);
  }
}

async function install(): Promise<void> {
  const progress = createProgress();
  await installChart(requireCluster(), progress.log);
}

async function uninstall(): Promise<void> {
  console.log(await uninstallChart(requireCluster()));
}

async function logs(program?: string): Promise<void> {
  const { files } = requireCluster();
  const names = program === undefined ? [...clusterPrograms] : [program];
  const paths = names.map((name) => join(files.directory, `${name}.log`));
  spawnSync('tail', ['-n', '100', ...paths], { stdio: 'inherit' });
}

async function down(): Promise<void> {
  await clusterDown();
  console.log('The cluster is down; nothing of it is left.');
}

const [name = 'help', argument] = process.argv.slice(2);
const command = Object.entries(commands).find(([known]) => known === name)?.[1];
if (command === undefined) {
  console.error('Usage: ./dev cluster up | status | install | uninstall | logs [PROGRAM] | down');
  process.exit(2);
}
try {
  await command(argument);
} catch (error) {
  console.error(`./dev cluster ${name}: ${messageOf(error)}`);
  process.exit(1);
}
