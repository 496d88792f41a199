import { describe, expect, it } from 'vitest';
import { isRecord } from '../../../src/kube/json.ts';
import { makeHelm } from './helm.ts';
import { valuesMatrix } from './values-matrix.ts';

const helm = makeHelm();

/** What the chart makes with a row of the matrix: objects of a kind whose names contain a word, as text. */
async function chart(sentence: string, more: Record<string, unknown> = {}) {
  const [, values = {}] = valuesMatrix.find(([known]) => known === sentence) ?? [];
  const objects: unknown[] = await helm.template({ ...values, ...more, crds: { enabled: false } });
  return (kind: string, word: string): unknown[] =>
    objects.filter(
      (object) =>
        isRecord(object) &&
        object.kind === kind &&
        isRecord(object.metadata) &&
        String(object.metadata.name).includes(word),
    );
}

const directory = '{"name":"METALWRIGHT_UPLOADS_DIRECTORY","value":"/var/lib/metalwright/uploads"}';
const trust = '{"name":"NODE_EXTRA_CA_CERTS","value":"/etc/metalwright/tls/ca.crt"}';
const narrow = 'uploads, of one server that few may reach';

describe('uploads in the chart', () => {
  it('are nowhere by default', async () => {
    const of = await chart('nothing but defaults');
    const all = JSON.stringify([of('Deployment', ''), of('DaemonSet', ''), of('PersistentVolumeClaim', '')]);
    expect(all).not.toMatch(/uploads|NODE_EXTRA_CA_CERTS/i);
  });

  it('have a claim of one server, which stays, and a URL by the Service and its port', async () => {
    const of = await chart(narrow);
    expect(of('PersistentVolumeClaim', '-server-uploads')).toMatchObject([
      {
        metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '100Gi' } },
        },
      },
    ]);
    const server = JSON.stringify(of('Deployment', '-server'));
    expect(server).toContain(directory);
    expect(server).toContain('{"name":"uploads","mountPath":"/var/lib/metalwright/uploads"}');
    expect(server).toContain('"strategy":{"type":"Recreate"}');
    expect(server).toMatch(/"METALWRIGHT_UPLOADS_URL","value":"https:\/\/[a-z-]+-server\.[a-z-]+\.svc:8443"/);
  });

  it('are fetched by racks and the operator, which trust the server and may reach it', async () => {
    const of = await chart(narrow);
    expect(JSON.stringify(of('DaemonSet', '-rack'))).toContain(trust);
    expect(JSON.stringify(of('Deployment', '-operator'))).toContain(trust);
    const into = JSON.stringify(of('NetworkPolicy', '-server'));
    expect(into).toContain('{"ipBlock":{"cidr":"10.0.0.0/24"}}');
    expect(into).toContain('"app.kubernetes.io/component":"operator"');
    const outOf = JSON.stringify(of('NetworkPolicy', '-operator'));
    expect(outOf).toMatch(/"port":"https"\}\],"to":\[\{"podSelector":.*"server"/);
  });

  it('take a claim and a name that are there, and leave alone whom racks trust already', async () => {
    const sentence = 'uploads in a claim that is there, under a name of its own';
    const of = await chart(sentence, {
      rack: { extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ssl/ours.pem' }] },
    });
    expect(of('PersistentVolumeClaim', '')).toEqual([]);
    const server = JSON.stringify(of('Deployment', '-server'));
    expect(server).toContain('"persistentVolumeClaim":{"claimName":"mine"}');
    expect(server).toContain('"value":"https://metal.example.com"');
    const rack = JSON.stringify(of('DaemonSet', '-rack'));
    expect(rack).toContain('/etc/ssl/ours.pem');
    expect(rack).not.toContain(trust);
  });
});
