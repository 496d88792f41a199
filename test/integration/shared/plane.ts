import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startControlPlane } from '../../../lab/control-plane/start.ts';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { poll } from '../../../lab/process/poll.ts';
import { kinds } from '../../../src/api/crd/kinds.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { namespaces } from '../../../src/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { deleteKeys, type Keys, readKeys } from './etcd.ts';

/** The namespace that is there from the beginning. */
export const operatorNamespace = 'metalwright';

/** A real API server with Metalwright's kinds, which can be made as new. */
export interface Plane {
  kubeconfigPath: string;
  /** Takes away what was made since the start. False: it cannot be as new, something was changed that was there before. */
  reset(): Promise<boolean>;
  stop(): Promise<void>;
}

const crds: Resource<KubeObject> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** What the API server writes by itself. */
const housekeeping = new RegExp(
  [
    'leases/kube-system/',
    'masterleases/',
    'ranges/',
    'configmaps/kube-system/',
    'flowschemas/',
    'prioritylevelconfigurations/',
    'apiregistration\\.k8s\\.io/',
    'namespaces/(kube-|default$)',
    'servicecidrs/',
    'ipaddresses/',
    'services/(specs|endpoints)/default/kubernetes',
    'events/kube-system/',
  ]
    .map((prefix) => `^/registry/${prefix}`)
    .join('|'),
);

/** What stays in force for a while after it has gone: the API server compiles it aside. */
const lingering = /^\/registry\/(validating|mutating)(admission|webhook)/;

/** Ends with this process, however that ends. */
export async function startPlane(): Promise<Plane> {
  const directory = mkdtempSync(join(tmpdir(), 'metalwright-plane-'));
  const [client = 0, peer = 0] = await freePorts(2);
  const etcd = `http://127.0.0.1:${client}`;
  const controlPlane = await startControlPlane({ directory, etcdPorts: { client, peer } });
  const kube = createKubeClient({ kubeconfigPath: controlPlane.kubeconfigPath });
  await describeKinds(kube);
  await kube.create(namespaces, { metadata: { name: operatorNamespace } });
  await kube.close();
  let before: Keys | undefined;
  return {
    kubeconfigPath: controlPlane.kubeconfigPath,
    async reset() {
      // What the API server makes at its start comes in over seconds: it is taken as it is before the first use.
      const now = await readKeys(etcd);
      if (before === undefined) before = now;
      const was = before;
      const ours = (key: string): boolean => !housekeeping.test(key);
      const added = [...now.keys()].filter((key) => ours(key) && !was.has(key));
      if (added.some((key) => lingering.test(key))) return false;
      await deleteKeys(etcd, added);
      return [...was].every(([key, revision]) => !ours(key) || now.get(key) === revision);
    },
    async stop() {
      await controlPlane.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function describeKinds(client: KubeClient): Promise<void> {
  const folder = join(import.meta.dirname, '../../../crds');
  for (const file of readdirSync(folder)) {
    await client.create(crds, parse(readFileSync(join(folder, file), 'utf8')));
  }
  const areServed = async (): Promise<true | undefined> => {
    try {
      for (const kind of kinds) await client.list(kind);
      return true;
    } catch {
      return undefined;
    }
  };
  await poll(areServed, { what: 'the CRDs to be served', timeoutMs: 60_000, intervalMs: 50 });
}
