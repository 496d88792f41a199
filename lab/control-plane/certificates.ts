import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process/run.ts';

/** Files of a control plane's keys, all made on the spot and valid for a year. */
export interface ControlPlaneCertificates {
  caCertificate: string;
  serverCertificate: string;
  serverKey: string;
  adminCertificate: string;
  adminKey: string;
  /** Signs and checks the tokens of service accounts. */
  serviceAccountKey: string;
}

/** A certificate to make, `<name>.crt` and `<name>.key`: its subject and its X.509 extensions as OpenSSL writes them. */
export interface Leaf {
  name: string;
  subject: string;
  extensions: string[];
}

const LEAVES: readonly Leaf[] = [
  {
    name: 'server',
    subject: '/CN=kube-apiserver',
    extensions: [
      'extendedKeyUsage=serverAuth',
      'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc',
    ],
  },
  { name: 'admin', subject: '/O=system:masters/CN=admin', extensions: ['extendedKeyUsage=clientAuth'] },
];

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Makes an authority and what it signs, with OpenSSL (3.0 or later): by default a serving certificate for 127.0.0.1 and an
 * administrator's. Other leaves have to be called `server` and `admin` as well.
 */
export async function makeCertificates(
  directory: string,
  openssl: string,
  leaves: readonly Leaf[] = LEAVES,
): Promise<ControlPlaneCertificates> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(directory, name);
  await Promise.all([
    run(openssl, [
      'ecparam',
      '-name',
      'prime256v1',
      '-genkey',
      '-noout',
      '-out',
      file('service-account.key'),
    ]),
    run(openssl, [
      ...['req', '-x509', ...NEW_KEY, '-days', '365', '-subj', '/CN=metalwright-lab'],
      ...['-keyout', file('ca.key'), '-out', file('ca.crt')],
    ]),
  ]);
  await Promise.all(leaves.map((leaf) => makeLeaf(leaf, file, openssl)));
  return {
    caCertificate: file('ca.crt'),
    serverCertificate: file('server.crt'),
    serverKey: file('server.key'),
    adminCertificate: file('admin.crt'),
    adminKey: file('admin.key'),
    serviceAccountKey: file('service-account.key'),
  };
}

async function makeLeaf(leaf: Leaf, file: (name: string) => string, openssl: string): Promise<void> {
  writeFileSync(file(`${leaf.name}.ext`), `${leaf.extensions.join('\n')}\n`);
  await run(openssl, [
    ...['req', ...NEW_KEY, '-subj', leaf.subject],
    ...['-keyout', file(`${leaf.name}.key`), '-out', file(`${leaf.name}.csr`)],
  ]);
  await run(openssl, [
    ...['x509', '-req', '-days', '365', '-CA', file('ca.crt'), '-CAkey', file('ca.key')],
    ...[
      '-in',
      file(`${leaf.name}.csr`),
      '-extfile',
      file(`${leaf.name}.ext`),
      '-out',
      file(`${leaf.name}.crt`),
    ],
  ]);
}
