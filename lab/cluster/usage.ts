import type { Cluster } from './cluster.ts';

/** What people may do with a cluster that is up. */
export function clusterUsage({ kubeconfigPath }: Cluster): string {
  return [
    '',
    `export KUBECONFIG=${kubeconfigPath}`,
    '',
    './dev cluster install     install the chart with the image that was built, and wait until all of it is ready',
    './dev cluster status      what runs on the node',
    './dev cluster logs NAME   what a program of the node says: kubelet',
    './dev cluster down        remove it all',
    '',
  ].join('\n');
}
