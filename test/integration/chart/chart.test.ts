import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { type Kubectl, makeKubectl } from '../../../lab/kube/kubectl.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { namespaces } from '../../../src/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { type BorrowedPlane, borrowPlane } from '../shared/borrow.ts';
import { makeHelm, releaseNamespace } from './helm.ts';
import { mistakes, valuesMatrix } from './values-matrix.ts';

const crds: Resource<KubeObject> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** Kinds of others, which no cluster has by itself: their objects are checked for a name and no more. */
const foreign: readonly (readonly [group: string, version: string, kind: string, plural: string])[] = [
  ['cert-manager.io', 'v1', 'Certificate', 'certificates'],
  ['monitoring.coreos.com', 'v1', 'ServiceMonitor', 'servicemonitors'],
  ['monitoring.coreos.com', 'v1', 'PrometheusRule', 'prometheusrules'],
  ['gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes'],
];

let plane: BorrowedPlane;
let client: KubeClient;
let kubectl: Kubectl;
const helm = makeHelm();

beforeAll(async () => {
  plane = await borrowPlane();
  client = createKubeClient({ kubeconfigPath: plane.kubeconfigPath });
  kubectl = makeKubectl(plane.kubeconfigPath, readLabEnvironment());
  for (const name of [releaseNamespace, 'machines', 'tenant']) {
    await client.create(namespaces, { metadata: { name } });
  }
  for (const [group, version, kind, plural] of foreign) {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const definition = {
      metadata: {
        name: `${plural}.${group}`,
        annotations: {
          'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/2466',
        },
      },
      spec: {
        group,
        names: { kind, plural, singular: kind.toLowerCase() },
        scope: 'Namespaced',
        versions: [{ name: version, served: true, storage: true, schema }],
      },
    };
    await client.create(crds, definition);
  }
  await kubectl.run('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
}, 300_000);
afterAll(async () => {
  await client?.close();
  plane?.giveBack();
});

describe('the chart', () => {
  it.each(valuesMatrix)('passes helm lint --strict with %s', async (_sentence, values) => {
    const { code, stdout } = await helm.lint(values);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('0 chart(s) failed') });
  });

  it.each(valuesMatrix)(
    'makes what the API server takes, every field known, with %s',
    async (_sentence, values) => {
      // The CRDs are the same with all values.
      const crds = values === valuesMatrix[0]?.[1] ? {} : { crds: { enabled: false } };
      const known = ['--api-versions', 'metalwright.dev/v1alpha1/BootImage'];
      const objects = await helm.template({ ...values, ...crds }, ...known);
      expect(objects.length).toBeGreaterThan(20);
      const result = await kubectl.try(
        ...['apply', '--server-side', '--dry-run=server', '--validate=strict', '--force-conflicts'],
        ...['-f', await helm.write(objects)],
      );
      expect(result).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it.each(mistakes)('refuses %s, and names it', async (_sentence, values, word) => {
    const { code, stderr } = await helm.tryTemplate(values);
    expect(code).not.toBe(0);
    expect(stderr).toContain(word);
  });

  it('refuses a cluster that is too old', async () => {
    const { code, stderr } = await helm.tryTemplate({}, '--kube-version', '1.29.0');
    expect(code).not.toBe(0);
    expect(stderr).toContain('kubeVersion');
  });

  it.each(valuesMatrix)(
    'runs no privileged pod, none as root but racks, none that can write its root, with %s',
    async (_s, values) => {
      for (const object of await helm.template(values)) {
        const pod = podOf(object);
        if (pod === undefined) continue;
        expect(pod).not.toHaveProperty('hostPID');
        expect(pod).not.toHaveProperty('hostIPC');
        // Who asks a rack for an address, in a test of the chart, stands where its machines do.
        const isRack = object.kind === 'DaemonSet' || object.metadata.name.endsWith('-test-rack');
        expect(pod.hostNetwork).toBe(isRack ? true : undefined);
        expect(pod.securityContext).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } });
        expect(pod.securityContext.runAsNonRoot).toBe(isRack ? undefined : true);
        for (const { securityContext } of pod.containers) {
          expect(securityContext).toMatchObject({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
          });
          expect(securityContext.privileged ?? false).toBe(false);
          const add = isRack ? { add: ['NET_BIND_SERVICE', 'NET_RAW'] } : {};
          expect(securityContext.capabilities).toEqual({ drop: ['ALL'], ...add });
        }
      }
    },
  );

  it.each(valuesMatrix)('runs its pods on nodes of any architecture, with %s', async (_sentence, values) => {
    const pods = (await helm.template(values)).map(podOf).filter((pod) => pod !== undefined);
    expect(pods.length).toBeGreaterThan(1);
    expect(JSON.stringify(pods)).not.toMatch(/kubernetes\.io\/arch/);
  });
});

interface Pod {
  hostNetwork?: boolean;
  securityContext: { runAsNonRoot?: boolean };
  containers: { securityContext: { privileged?: boolean; capabilities: object } }[];
}

/** The pod that an object is, or makes. */
function podOf(object: KubeObject & { spec?: { template?: { spec?: Pod } } | Pod }): Pod | undefined {
  const { spec } = object;
  if (spec === undefined) return undefined;
  if ('containers' in spec) return spec;
  return 'template' in spec ? spec.template?.spec : undefined;
}
