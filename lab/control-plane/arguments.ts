import { join } from 'node:path';
import type { ControlPlaneCertificates } from './certificates.ts';

/** Ports of one etcd member. */
export interface EtcdPorts {
  client: number;
  peer: number;
}

/** Command line of an etcd with one member, on loopback only, whose data lie in `directory`. */
export function etcdArguments(directory: string, ports: EtcdPorts): string[] {
  const client = `http://127.0.0.1:${ports.client}`;
  const peer = `http://127.0.0.1:${ports.peer}`;
  return [
    '--name=lab',
    `--data-dir=${join(directory, 'etcd-data')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=lab=${peer}`,
    '--logger=zap',
  ];
}

/** Command line of a kube-apiserver with RBAC, on loopback only. */
export function apiServerArguments(
  certificates: ControlPlaneCertificates,
  apiPort: number,
  etcdPort: number,
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    `--tls-cert-file=${certificates.serverCertificate}`,
    `--tls-private-key-file=${certificates.serverKey}`,
    `--client-ca-file=${certificates.caCertificate}`,
    `--service-account-key-file=${certificates.serviceAccountKey}`,
    `--service-account-signing-key-file=${certificates.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=RBAC',
    '--anonymous-auth=false',
    // No controller manager runs: nothing would make the service accounts that this plugin insists on.
    '--disable-admission-plugins=ServiceAccount',
    // The endpoints of the service "kubernetes" may not be on loopback, and nobody here uses them.
    '--endpoint-reconciler-type=none',
    '--shutdown-delay-duration=0s',
  ];
}
