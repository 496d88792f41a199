import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';

/** The cluster of this computer: there is one. Its names begin with mwc, so that nobody else's are hit. */
export const clusterPlan = {
  nodeName: 'mwc-node',
  /** The cable between host and node. */
  hostDevice: 'mwc0',
  nodeDevice: 'eth0',
  hostAddress: '192.168.240.1',
  nodeAddress: '192.168.240.2',
  apiPort: 6443,
  podSubnet: '10.244.0.0/24',
  serviceSubnet: '10.96.0.0/16',
  /** Of the service `kubernetes`: the first of the subnet. */
  apiServiceAddress: '10.96.0.1',
  /** The provisioning network: a bridge of the host, where virtual machines are plugged in, and the node's interface on it. */
  provisioning: {
    bridge: 'mwc1',
    port: 'mwc1-node',
    nodeDevice: 'prov0',
    subnet: '192.168.241.0/24',
    hostAddress: '192.168.241.1',
    nodeAddress: '192.168.241.2',
  },
  prefixLength: 24,
} as const;

/** Files of the cluster. */
export interface ClusterFiles {
  /** Everything lies below it; made anew by each `up`. */
  directory: string;
  kubeconfig: string;
  pki: string;
  config: string;
}

/** Where the cluster's files lie. */
export function clusterFiles(environment: LabEnvironment): ClusterFiles {
  const directory = join(environment.cache, 'cluster');
  return {
    directory,
    kubeconfig: join(directory, 'kubeconfig'),
    pki: join(directory, 'pki'),
    config: join(directory, 'config'),
  };
}
