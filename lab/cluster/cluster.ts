import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildContainerImage, type ContainerImage } from '../../images/container/build.ts';
import { buildPauseImage, type PauseImage } from '../../images/pause/build.ts';
import { messageOf } from '../../src/errors/coded-error.ts';
import { type Leaf, makeCertificates } from '../control-plane/certificates.ts';
import { renderKubeconfig } from '../control-plane/kubeconfig.ts';
import { waitForReady } from '../control-plane/ready.ts';
import { type LabEnvironment, readLabEnvironment } from '../environment.ts';
import { labError } from '../errors.ts';
import { type Kubectl, makeKubectl } from '../kube/kubectl.ts';
import { readPidFile, tail } from '../process/daemon.ts';
import { withLock } from '../process/lock.ts';
import { poll } from '../process/poll.ts';
import { requireProgram } from '../process/programs.ts';
import { tryRun } from '../process/run.ts';
import { nameServerArguments } from './names.ts';
import { type ClusterNode, openNode, removeNode, startNode } from './node.ts';
import { type ClusterFiles, clusterFiles, clusterPlan as plan } from './plan.ts';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  kubeconfigOf,
  kubeletArguments,
  proxyArguments,
  schedulerArguments,
  settings,
} from './settings.ts';

/** The programs of the node, in the order in which they start. */
export const clusterPrograms = [
  ...['etcd', 'kube-apiserver', 'containerd', 'kube-controller-manager', 'kube-scheduler'],
  ...['kubelet', 'kube-proxy', 'dnsmasq'],
] as const;

/** A cluster that is up. */
export interface Cluster {
  kubeconfigPath: string;
  kubectl: Kubectl;
  node: ClusterNode;
  files: ClusterFiles;
}

/** Makes the cluster anew: one node with a control plane, and the image of Metalwright on it. Needs root. */
export async function clusterUp(log: (message: string) => void = () => undefined): Promise<Cluster> {
  const environment = readLabEnvironment();
  const files = clusterFiles(environment);
  log('images: building them, or finding them in the cache');
  const images = { pause: await buildPauseImage(), metalwright: await buildContainerImage() };
  log(`the image ${images.metalwright.reference}: ${images.metalwright.sizeMib} MiB`);
  return await withLock(`${files.directory}.lock`, 'the cluster', async () => {
    await removeNode(files);
    return await bringUp(files, environment, images, log);
  });
}

/** The cluster that is up, `undefined` when there is none. */
export function openCluster(): Cluster | undefined {
  const environment = readLabEnvironment();
  const files = clusterFiles(environment);
  const node = openNode(files, environment);
  return node && attach(files, environment, node);
}

/** Removes the cluster with everything on it. Does nothing when there is none. */
export async function clusterDown(): Promise<void> {
  const files = clusterFiles(readLabEnvironment());
  await withLock(`${files.directory}.lock`, 'the cluster', () => removeNode(files));
}

function attach(files: ClusterFiles, environment: LabEnvironment, node: ClusterNode): Cluster {
  const kubeconfigPath = files.kubeconfig;
  return { kubeconfigPath, kubectl: makeKubectl(kubeconfigPath, environment), node, files };
}

async function bringUp(
  files: ClusterFiles,
  environment: LabEnvironment,
  images: { pause: PauseImage; metalwright: ContainerImage },
  log: (message: string) => void,
): Promise<Cluster> {
  mkdirSync(files.directory, { recursive: true, mode: 0o700 });
  const program = (name: string) => requireProgram(name, environment);
  const paths = Object.fromEntries([...clusterPrograms, 'ctr'].map((name) => [name, program(name)]));
  await writeSettings(files, environment, images.pause);
  log('making the node: its own processes, mounts, network and control groups');
  const node = await startNode(files, environment);
  const start = (name: string, args: readonly string[]) => node.start(name, paths[name] ?? name, args);
  log('starting etcd, the API server and containerd');
  const etcd = start('etcd', etcdArguments());
  const api = start('kube-apiserver', apiServerArguments(files));
  const containerd = start('containerd', ['--config', join(files.config, 'containerd.toml')]);
  const certificates = {
    caCertificate: join(files.pki, 'ca.crt'),
    adminCertificate: join(files.pki, 'admin.crt'),
    adminKey: join(files.pki, 'admin.key'),
  };
  await waitForReady(apiUrl(plan.nodeAddress), certificates, () => {
    for (const daemon of [etcd, api, containerd]) daemon.assertAlive();
  });
  log('starting the controller manager, the scheduler, the kubelet, kube-proxy and a name server');
  const rest = [
    start('kube-controller-manager', controllerManagerArguments(files)),
    start('kube-scheduler', schedulerArguments(files)),
    start('kubelet', kubeletArguments(files)),
    start('kube-proxy', proxyArguments(files)),
    start('dnsmasq', nameServerArguments(files)),
  ];
  const check = () => {
    for (const daemon of [containerd, ...rest]) daemon.assertAlive();
  };
  for (const { archive, reference } of [images.pause, images.metalwright]) {
    log(`giving the node the image ${reference}`);
    await importImage(node, paths.ctr ?? 'ctr', archive, check);
  }
  const cluster = attach(files, environment, node);
  await waitForNode(cluster, check);
  await cluster.kubectl.run('label', 'node', plan.nodeName, 'metalwright.dev/rack=true', '--overwrite');
  return cluster;
}

async function importImage(
  node: ClusterNode,
  ctr: string,
  archive: string,
  check: () => void,
): Promise<void> {
  let last = '';
  const probe = () =>
    node.run(ctr, '--namespace', 'k8s.io', 'images', 'import', archive).then(
      () => true as const,
      (error: unknown) => {
        last = messageOf(error);
        return undefined;
      },
    );
  const what = () => `containerd to take ${archive}: ${last}`;
  await poll(probe, { what, timeoutMs: 300_000, intervalMs: 1000, check });
}

async function waitForNode({ kubectl, files }: Cluster, check: () => void): Promise<void> {
  const path = '{.status.conditions[?(@.type=="Ready")]}';
  let last = 'it is not registered';
  const probe = async () => {
    const found = await kubectl.try('get', 'node', plan.nodeName, '-o', `jsonpath=${path}`);
    if (found.code === 0) last = found.stdout;
    return found.stdout.includes('"status":"True"') ? true : undefined;
  };
  await poll(probe, {
    what: () => `the node to be Ready: ${last}; see ${join(files.directory, 'kubelet.log')}`,
    timeoutMs: 180_000,
    intervalMs: 1000,
    check,
  });
}

/** What of the node's programs does not run, with the end of its log. */
export function deadPrograms(files: ClusterFiles): { name: string; log: string }[] {
  return clusterPrograms
    .filter((name) => readPidFile(files.directory, name) === undefined)
    .map((name) => ({ name, log: tail(join(files.directory, `${name}.log`)) }));
}

async function writeSettings(
  files: ClusterFiles,
  environment: LabEnvironment,
  pause: PauseImage,
): Promise<void> {
  const leaves = [serverLeaf, ...clients.map(({ name, subject }) => clientLeaf(name, subject))];
  const made = await makeCertificates(files.pki, requireProgram('openssl', environment), leaves);
  const texts = settings(files, { pause: pause.reference, snapshotter: await snapshotter(files) });
  for (const [name, text] of Object.entries(texts)) write(join(files.config, name), text);
  for (const { name } of clients.filter((client) => client.name !== 'admin')) {
    const [adminCertificate, adminKey] = ['crt', 'key'].map((end) => join(files.pki, `${name}.${end}`));
    if (adminCertificate === undefined || adminKey === undefined) continue;
    const text = renderKubeconfig(apiUrl('127.0.0.1'), { ...made, adminCertificate, adminKey });
    write(kubeconfigOf(files, name), text);
  }
  write(files.kubeconfig, renderKubeconfig(apiUrl(plan.nodeAddress), made));
}

/** Overlays where the file system of the cache can have them; copies, which cost room and time, elsewhere. */
async function snapshotter(files: ClusterFiles): Promise<string> {
  const at = join(files.directory, 'probe');
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(at, name), { recursive: true });
  const script = `mount -t overlay overlay -o lowerdir=${at}/lower,upperdir=${at}/upper,workdir=${at}/work ${at}/merged`;
  return (await tryRun('unshare', ['--mount', 'sh', '-c', script])).code === 0 ? 'overlayfs' : 'native';
}

const clients = [
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'controller-manager', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'kubelet', subject: `/O=system:nodes/CN=system:node:${plan.nodeName}` },
  { name: 'kube-proxy', subject: '/CN=system:kube-proxy' },
] as const;

const serverLeaf: Leaf = {
  name: 'server',
  subject: '/CN=kube-apiserver',
  extensions: [
    'extendedKeyUsage=serverAuth',
    `subjectAltName=${[
      ...['127.0.0.1', plan.nodeAddress, plan.apiServiceAddress].map((address) => `IP:${address}`),
      ...['', '.default', '.default.svc', '.default.svc.cluster.local'].map((end) => `DNS:kubernetes${end}`),
    ].join(',')}`,
  ],
};

function clientLeaf(name: string, subject: string): Leaf {
  return { name, subject, extensions: ['extendedKeyUsage=clientAuth'] };
}

function apiUrl(address: string): string {
  return `https://${address}:${plan.apiPort}`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}

/** The cluster that is up. Throws `NotFound` with how to get one. */
export function requireCluster(): Cluster {
  const cluster = openCluster();
  if (cluster === undefined) {
    throw labError('NotFound', 'the cluster is not up; `./dev cluster up` brings it up');
  }
  return cluster;
}
