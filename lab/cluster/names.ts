import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Kubectl } from '../kube/kubectl.ts';
import { type ClusterFiles, clusterPlan as plan } from './plan.ts';

/** Zone of the services' names. */
export const clusterDomain = 'cluster.local';

/** Command line of the node's name server: dnsmasq, which reads the folder again when a file in it changes. */
export function nameServerArguments(files: ClusterFiles): string[] {
  mkdirSync(namesFolder(files), { recursive: true });
  return [
    ...['--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--pid-file='],
    ...['--no-resolv', '--no-hosts', `--local=/${clusterDomain}/`, `--hostsdir=${namesFolder(files)}`],
    ...[`--listen-address=${plan.nodeAddress}`, '--bind-interfaces'],
  ];
}

const Metadata = z.object({
  name: z.string(),
  namespace: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
});

const Found = z.object({
  items: z.array(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('Service'),
        metadata: Metadata,
        spec: z.object({ clusterIP: z.string().optional() }),
      }),
      z.object({
        kind: z.literal('EndpointSlice'),
        metadata: Metadata,
        endpoints: z.array(z.object({ addresses: z.array(z.string()) })).nullish(),
      }),
    ]),
  ),
});

/**
 * Gives every service its name: that of its own address, or, where it has none, of its pods'. To be called again when services or
 * pods have come.
 */
export async function writeNames(files: ClusterFiles, kubectl: Kubectl): Promise<void> {
  const kinds = 'services,endpointslices.discovery.k8s.io';
  const { items } = Found.parse(
    JSON.parse(await kubectl.run('get', kinds, '--all-namespaces', '-o', 'json')),
  );
  const nameOf = (service: string, namespace: string) => `${service}.${namespace}.svc.${clusterDomain}`;
  const own = new Map(
    items.flatMap(({ metadata, ...item }) =>
      item.kind === 'Service' && item.spec.clusterIP !== undefined && item.spec.clusterIP !== 'None'
        ? [[nameOf(metadata.name, metadata.namespace), [item.spec.clusterIP]] as const]
        : [],
    ),
  );
  const pods = items.flatMap(({ metadata, ...item }) => {
    const service = metadata.labels?.['kubernetes.io/service-name'];
    if (item.kind !== 'EndpointSlice' || service === undefined) return [];
    const name = nameOf(service, metadata.namespace);
    const addresses = (item.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    return own.has(name) ? [] : [[name, addresses] as const];
  });
  const lines = [...own, ...pods].flatMap(([name, addresses]) =>
    addresses.map((address) => `${address} ${name}\n`),
  );
  writeFileSync(join(namesFolder(files), 'services'), lines.join(''));
}

function namesFolder(files: ClusterFiles): string {
  return join(files.directory, 'names');
}
