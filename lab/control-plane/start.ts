import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLabEnvironment } from '../environment.ts';
import { freePorts } from '../net/free-ports.ts';
import { startDaemon, stopDaemon } from '../process/daemon.ts';
import { requireProgram } from '../process/programs.ts';
import { apiServerArguments, type EtcdPorts, etcdArguments } from './arguments.ts';
import { makeCertificates } from './certificates.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { waitForReady } from './ready.ts';

/** How to start a control plane. */
export interface ControlPlaneOptions {
  /** Everything of it lies here: keys, etcd's data, logs, pid files, the kubeconfig. Made when missing. */
  directory: string;
  /** Port of the API server on 127.0.0.1. Default: a free one. */
  apiPort?: number;
  /** Ports of etcd on 127.0.0.1. Default: free ones. */
  etcdPorts?: EtcdPorts;
  /** Default `parent`: both programs end with this process. `detached`: they stay until `stopControlPlane`. */
  lifetime?: 'parent' | 'detached';
  /** Is told what goes on. */
  log?: (message: string) => void;
}

/** A control plane that answers. */
export interface ControlPlane {
  kubeconfigPath: string;
  url: string;
  /** Stops both programs and waits for their end; the directory stays. */
  stop(): Promise<void>;
}

/**
 * Starts a real etcd and kube-apiserver with RBAC and an administrator's kubeconfig, and waits until they are ready: a few
 * seconds. Each call makes new keys, so a directory is used for one control plane at a time.
 * Throws `ToolMissing`, `DaemonDied` (with the end of the log) or `TimedOut`.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory, lifetime = 'parent', log = () => undefined } = options;
  const environment = readLabEnvironment();
  const etcd = requireProgram('etcd', environment);
  const apiServer = requireProgram('kube-apiserver', environment);
  const openssl = requireProgram('openssl', environment);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await stopControlPlane(directory);
  const [spareApi = 0, spareClient = 0, sparePeer = 0] = await freePorts(3);
  const ports = options.etcdPorts ?? { client: spareClient, peer: sparePeer };
  const url = `https://127.0.0.1:${options.apiPort ?? spareApi}`;
  log(`starting etcd and kube-apiserver at ${url}`);
  try {
    const etcdArgs = etcdArguments(directory, ports);
    const etcdDaemon = startDaemon({ name: 'etcd', directory, command: etcd, args: etcdArgs, lifetime });
    const certificates = await makeCertificates(join(directory, 'pki'), openssl);
    const apiArgs = apiServerArguments(certificates, options.apiPort ?? spareApi, ports.client);
    const apiDaemon = startDaemon({
      name: 'kube-apiserver',
      directory,
      command: apiServer,
      args: apiArgs,
      lifetime,
    });
    const kubeconfigPath = join(directory, 'kubeconfig');
    writeFileSync(kubeconfigPath, renderKubeconfig(url, certificates), { mode: 0o600 });
    await waitForReady(url, certificates, () => {
      etcdDaemon.assertAlive();
      apiDaemon.assertAlive();
    });
    log('the API server is ready');
    return { kubeconfigPath, url, stop: () => stopControlPlane(directory) };
  } catch (error) {
    await stopControlPlane(directory);
    throw error;
  }
}

/** Stops the control plane whose pid files lie in `directory`; does nothing when there is none. */
export async function stopControlPlane(directory: string): Promise<void> {
  await stopDaemon(directory, 'kube-apiserver');
  await stopDaemon(directory, 'etcd');
}
