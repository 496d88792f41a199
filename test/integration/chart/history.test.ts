import { describe, expect, it } from 'vitest';
import { isRecord } from '../../../src/kube/json.ts';
import { makeHelm } from './helm.ts';
import { valuesMatrix } from './values-matrix.ts';

const helm = makeHelm();

/** What the chart makes of the server with these rows of the matrix. */
async function server(sentence: string) {
  const [, values = {}] = valuesMatrix.find(([known]) => known === sentence) ?? [];
  const objects: unknown[] = await helm.template({ ...values, crds: { enabled: false } });
  const all = (kind: string): unknown[] =>
    objects.filter(
      (object) =>
        isRecord(object) &&
        object.kind === kind &&
        isRecord(object.metadata) &&
        String(object.metadata.name).includes('-server'),
    );
  return { deployment: JSON.stringify(all('Deployment')), claims: all('PersistentVolumeClaim'), all };
}

const directory = '{"name":"METALWRIGHT_HISTORY_DIRECTORY","value":"/var/lib/metalwright/history"}';
const mount = '{"name":"history","mountPath":"/var/lib/metalwright/history"}';

describe('history in the chart', () => {
  it('is nowhere by default', async () => {
    const { deployment, claims } = await server('nothing but defaults');
    expect(deployment).not.toMatch(/history|DATABASE_URL/i);
    expect(claims).toEqual([]);
  });

  it('has the URL of its PostgreSQL from a Secret, and may reach it', async () => {
    const { deployment, claims, all } = await server('history in a PostgreSQL');
    for (const part of [
      directory,
      mount,
      '{"name":"DATABASE_URL","valueFrom":{"secretKeyRef":{"name":"db","key":"uri"}}}',
      '{"name":"history","emptyDir":{"sizeLimit":"8Gi"}}',
      '"type":"RollingUpdate"',
    ]) {
      expect(deployment).toContain(part);
    }
    expect(claims).toEqual([]);
    expect(JSON.stringify(all('NetworkPolicy'))).toContain('"port":6432');
  });

  it('has the file of webhooks from a Secret, and may reach the receivers', async () => {
    const { deployment, all } = await server('history in a PostgreSQL');
    for (const part of [
      '{"name":"METALWRIGHT_WEBHOOKS","value":"/etc/metalwright/webhooks/webhooks.yaml"}',
      '{"name":"webhooks","mountPath":"/etc/metalwright/webhooks","readOnly":true}',
      '"items":[{"key":"file","path":"webhooks.yaml"}]',
    ]) {
      expect(deployment).toContain(part);
    }
    expect(JSON.stringify(all('NetworkPolicy'))).toContain('"port":8443');
  });

  it('has a claim of one server, which stays', async () => {
    const { deployment, claims } = await server('history in a claim, of one server');
    expect(claims).toMatchObject([
      {
        metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '20Gi' } },
        },
      },
    ]);
    expect(deployment).toContain('"strategy":{"type":"Recreate"}');
    expect(deployment).toMatch(/"persistentVolumeClaim":\{"claimName":"[a-z-]+-server-history"\}/);
    expect(deployment).toContain(mount);
    expect(deployment).not.toContain('DATABASE_URL');
  });

  it('takes a claim that is there', async () => {
    const { deployment, claims } = await server('history in a claim that is there, beside a PostgreSQL');
    expect(claims).toEqual([]);
    expect(deployment).toContain('"persistentVolumeClaim":{"claimName":"mine"}');
    expect(deployment).toContain('"key":"DATABASE_URL"');
  });
});
