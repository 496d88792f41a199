import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '../../../lab/control-plane/start.ts';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { type Kubectl, makeKubectl } from '../../../lab/kube/kubectl.ts';
import { fabricKind } from '../../../src/api/fabric/schema.ts';
import { subnetKind } from '../../../src/api/subnet/schema.ts';
import { vlanKind } from '../../../src/api/vlan/schema.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { namespaces } from '../../../src/kube/core-resources.ts';
import { type Background, createNetns, type Namespace, type Netns } from '../netns/namespaces.ts';

const repository = resolve(import.meta.dirname, '../../..');
const systemNamespace = 'metalwright-system';

/** A rack that runs as its own process. */
export interface RackProcess {
  output(): string;
  /** Resolves when its log matches. */
  says(pattern: RegExp, ms?: number): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A real API server, a rack's node and a client's, with a cable between them: 10.77.0.0/24, the rack has .1. */
export interface Site {
  directory: string;
  client: KubeClient;
  kubectl: Kubectl;
  netns: Netns;
  node: Namespace;
  machine: Namespace;
  startRack(variables?: Record<string, string>): RackProcess;
  apiServer: {
    /** SIGKILL. */
    kill(): Promise<void>;
    /** The same again, over the same data. */
    start(): Promise<void>;
  };
  stop(): Promise<void>;
}

/** Polls until `look` answers something other than undefined or false; fails with the last error after `ms`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  ms = 60_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(200);
  }
  throw new Error(`${what} did not come about within ${ms} ms`, { cause: last });
}

export async function startSite(): Promise<Site> {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-rack-process-'));
  const planeDirectory = join(directory, 'control-plane');
  const controlPlane = await startControlPlane({ directory: planeDirectory });
  const kubectl = makeKubectl(controlPlane.kubeconfigPath, readLabEnvironment());
  await kubectl.run('create', '-f', join(repository, 'crds'));
  await kubectl.run('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  const client = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
  await describeNetwork(client);

  const netns = createNetns();
  const node = await netns.create('node');
  const machine = await netns.create('machine');
  await netns.cable(node, 'eth0', machine, 'nic0');
  await node.ip('address', 'add', '10.77.0.1/24', 'dev', 'eth0');
  const link = await leadIn(controlPlane, node, join(directory, 'api.sock'));
  const apiServer = apiServerOf(planeDirectory, controlPlane, client);

  return {
    directory,
    client,
    kubectl,
    netns,
    node,
    machine,
    apiServer,
    startRack: (variables = {}) => startRack(node, directory, controlPlane.kubeconfigPath, variables),
    async stop() {
      await netns.close();
      link.kill();
      await client.close();
      await apiServer.stop();
      await controlPlane.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function describeNetwork(client: KubeClient): Promise<void> {
  await client.create(namespaces, { metadata: { name: systemNamespace } });
  await client.create(fabricKind, { metadata: { name: 'f' }, spec: {} });
  await client.create(vlanKind, { metadata: { name: 'v' }, spec: { fabric: 'f', vid: 0 } });
  await client.create(subnetKind, {
    metadata: { name: 's' },
    spec: {
      vlan: 'v',
      cidr: '10.77.0.0/24',
      ranges: { dynamic: [{ start: '10.77.0.200', end: '10.77.0.239' }] },
    },
  });
}

/** The node reaches the API server at the address that its kubeconfig names, though that is in another namespace. */
async function leadIn(controlPlane: ControlPlane, node: Namespace, socket: string): Promise<ChildProcess> {
  const { port } = new URL(controlPlane.url);
  const script = join(import.meta.dirname, 'forwarder.ts');
  const outside = spawn(process.execPath, [script, socket, port], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((said) => outside.stdout?.once('data', said));
  await node.start([process.execPath, script, port, socket]).until(/forwarding/);
  return outside;
}

function startRack(
  node: Namespace,
  directory: string,
  kubeconfigPath: string,
  variables: Record<string, string>,
): RackProcess {
  const images = join(directory, 'images');
  mkdirSync(images, { recursive: true });
  const environment = {
    KUBECONFIG: kubeconfigPath,
    METALWRIGHT_NAMESPACE: systemNamespace,
    METALWRIGHT_RACK_NAME: 'rack-1',
    METALWRIGHT_LOG_LEVEL: 'debug',
    METALWRIGHT_STATE_DIR: join(directory, 'rack'),
    METALWRIGHT_IMAGE_DIRS: images,
    ...variables,
  };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const process_: Background = node.start([
    'env',
    ...assignments,
    process.execPath,
    join(repository, 'src/bin/rack.ts'),
  ]);
  return {
    output: () => process_.output(),
    says: (pattern, ms = 180_000) => process_.until(pattern, ms),
    kill: (signal = 'SIGKILL') => process_.stop(signal),
  };
}

function apiServerOf(directory: string, controlPlane: ControlPlane, client: KubeClient) {
  const pidOf = (): number => JSON.parse(readFileSync(join(directory, 'kube-apiserver.pid'), 'utf8')).pid;
  const pid = pidOf();
  const [command = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  let own: ChildProcess | undefined;
  const gone = (which: number) =>
    eventually(`the end of ${which}`, async () => {
      try {
        return readFileSync(`/proc/${which}/stat`, 'utf8').includes(') Z ');
      } catch {
        return true;
      }
    });
  return {
    async kill() {
      const which = own?.pid ?? pid;
      process.kill(which, 'SIGKILL');
      await gone(which);
    },
    async start() {
      own = spawn(command, args, { stdio: 'ignore' });
      await eventually(`the API server at ${controlPlane.url}`, () => client.list(vlanKind), 60_000);
    },
    async stop() {
      own?.kill('SIGKILL');
    },
  };
}
