import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { ControlPlaneCertificates } from './certificates.ts';

/** The text of a kubeconfig for the administrator, with every certificate inside it. */
export function renderKubeconfig(url: string, certificates: ControlPlaneCertificates): string {
  const name = 'metalwright-lab';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: url, 'certificate-authority-data': base64(certificates.caCertificate) } },
    ],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(certificates.adminCertificate),
          'client-key-data': base64(certificates.adminKey),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: 'admin', namespace: 'default' } }],
    'current-context': name,
  });
}

function base64(path: string): string {
  return readFileSync(path).toString('base64');
}
