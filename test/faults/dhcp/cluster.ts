import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startControlPlane } from '../../../lab/control-plane/start.ts';
import { fabricKind } from '../../../src/api/fabric/schema.ts';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { subnetKind } from '../../../src/api/subnet/schema.ts';
import { vlanKind } from '../../../src/api/vlan/schema.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { proxyKubeconfig, startFlakyProxy } from '../../integration/kube/flaky-proxy.ts';
import { until } from '../../integration/kube/setting.ts';

/** The network that the racks serve. */
export const net = {
  cidr: '10.77.0.0/20',
  dynamic: { start: '10.77.4.0', end: '10.77.15.199' },
  leaseSeconds: 60,
} as const;

/** A real API server, and for each rack a way to it that can be blocked. */
export interface Cluster {
  client: KubeClient;
  /** A kubeconfig for one rack, and its connection. */
  wayIn(name: string): Promise<{ kubeconfigPath: string; setBlocked(blocked: boolean): void }>;
  stop(): Promise<void>;
}

const crds: Resource<KubeObject> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** @param host where racks reach the API server @param machines MAC and reserved address */
export async function startCluster(
  directory: string,
  host: string,
  machines: ReadonlyMap<string, string>,
): Promise<Cluster> {
  const controlPlane = await startControlPlane({ directory: join(directory, 'control-plane') });
  const client = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
  const folder = join(import.meta.dirname, '../../../crds');
  for (const file of readdirSync(folder)) {
    await client.create(crds, parse(readFileSync(join(folder, file), 'utf8')));
  }
  await until('the CRDs are served', async () => {
    try {
      for (const kind of [subnetKind, vlanKind, fabricKind, ipAddressKind])
        await client.list<KubeObject>(kind);
      return true;
    } catch {
      return false;
    }
  });
  await client.create(fabricKind, { metadata: { name: 'fabric' }, spec: {} });
  await client.create(vlanKind, { metadata: { name: 'vlan' }, spec: { fabric: 'fabric', vid: 0 } });
  await client.create(subnetKind, {
    metadata: { name: 'subnet' },
    spec: {
      vlan: 'vlan',
      cidr: net.cidr,
      leaseSeconds: net.leaseSeconds,
      ranges: { dynamic: [net.dynamic] },
    },
  });
  for (const [mac, address] of machines) {
    await client.create(ipAddressKind, {
      metadata: { name: address },
      spec: { subnet: 'subnet', address, purpose: 'Reserved', mac },
    });
  }
  const closers: (() => Promise<void>)[] = [];
  return {
    client,
    async wayIn(name) {
      const proxy = await startFlakyProxy(controlPlane.kubeconfigPath, host);
      closers.push(() => proxy.close());
      const kubeconfigPath = join(directory, `${name}.kubeconfig`);
      writeFileSync(kubeconfigPath, proxyKubeconfig(proxy.url));
      return {
        kubeconfigPath,
        setBlocked(blocked) {
          proxy.faults.stall = blocked;
          if (!blocked) proxy.cut();
        },
      };
    },
    async stop() {
      for (const close of closers) await close();
      await client.close();
      await controlPlane.stop();
    },
  };
}
