import { describe, expect, it } from 'vitest';
import { createKubeClient } from '../../../src/kube/client.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { borrowPlane } from '../shared/borrow.ts';
import { makeHelm, releaseNamespace } from './helm.ts';
import { fromBase64, name, named, rendered } from './postgresql-objects.ts';

describe('PostgreSQL in the chart', () => {
  it('is not there by default', async () => {
    const text = JSON.stringify(await rendered('nothing but defaults'));
    expect(text).not.toMatch(/StatefulSet|-postgresql/);
  });

  it('is one pod with a claim and a password that stay, which the server alone may reach', async () => {
    const objects = await rendered('a PostgreSQL of its own');
    expect(named(objects, 'Secret', name)).toMatchObject({
      metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } },
    });
    expect(named(objects, 'StatefulSet', name)).toMatchObject({
      spec: {
        replicas: 1,
        template: {
          spec: { automountServiceAccountToken: false, nodeSelector: { disk: 'fast' } },
        },
        volumeClaimTemplates: [
          { spec: { storageClassName: 'fast', resources: { requests: { storage: '50Gi' } } } },
        ],
      },
    });
    expect(named(objects, 'NetworkPolicy', name)).toMatchObject({
      spec: {
        ingress: [{ from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'server' } } }] }],
        egress: [],
      },
    });
    const reach = JSON.stringify(named(objects, 'NetworkPolicy', 'mw-metalwright-server'));
    expect(reach).toContain('"app.kubernetes.io/component":"postgresql"');
    const server = JSON.stringify(named(objects, 'Deployment', 'mw-metalwright-server'));
    expect(server).toContain(
      `{"name":"PGPASSWORD","valueFrom":{"secretKeyRef":{"name":"${name}","key":"password"}}}`,
    );
    expect(server).toContain('"type":"RollingUpdate"');
  });

  it('takes a claim, a certificate and a password that are there', async () => {
    const objects = await rendered('a PostgreSQL of its own, of parts that are there');
    expect(named(objects, 'Secret', name)).toBeUndefined();
    const set = JSON.stringify(named(objects, 'StatefulSet', name));
    expect(set).toContain('"persistentVolumeClaim":{"claimName":"mine"}');
    expect(set).toContain('"secretName":"p-tls"');
    expect(set).not.toContain('volumeClaimTemplates');
    for (const text of [set, JSON.stringify(named(objects, 'Deployment', 'mw-metalwright-server'))]) {
      expect(text).toContain('"secretKeyRef":{"name":"db-password","key":"password"}');
    }
  });
});

describe('the password of the chart’s PostgreSQL', () => {
  it('is made once, and is the same after upgrades, and after the release was uninstalled', async () => {
    const plane = await borrowPlane();
    const client = createKubeClient({ kubeconfigPath: plane.kubeconfigPath });
    try {
      const real = makeHelm(plane.kubeconfigPath);
      const values = {
        crds: { enabled: false },
        server: { history: { enabled: true } },
        postgresql: { enabled: true },
      };
      const seen = async () => (await client.get(secrets, name, releaseNamespace))?.data?.password;
      await real.install(values);
      const first = await seen();
      expect(fromBase64(first ?? '')).toMatch(/^[A-Za-z0-9]{40}$/);
      await real.upgrade({ ...values, commonLabels: { team: 'platform' } });
      expect(await seen()).toBe(first);
      await real.uninstall();
      expect(await seen()).toBe(first);
      await real.install(values);
      expect(await seen()).toBe(first);
      await real.uninstall();
    } finally {
      await client.close();
      plane.giveBack();
    }
  }, 300_000);
});
