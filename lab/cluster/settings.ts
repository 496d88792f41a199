import { join } from 'node:path';
import { stringify } from 'yaml';
import { clusterDomain } from './names.ts';
import { type ClusterFiles, clusterPlan as plan } from './plan.ts';

const etcdUrl = 'http://127.0.0.1:2379';

/** Command line of the node's etcd. */
export function etcdArguments(): string[] {
  return [
    ...['--name=node', '--data-dir=/var/lib/etcd', '--logger=zap'],
    ...[`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`],
    ...['--listen-peer-urls=http://127.0.0.1:2380', '--initial-advertise-peer-urls=http://127.0.0.1:2380'],
    '--initial-cluster=node=http://127.0.0.1:2380',
  ];
}

/** Command line of the API server: authorization of a real cluster, its endpoint on the cable to the host. */
export function apiServerArguments(files: ClusterFiles): string[] {
  const pki = (name: string) => join(files.pki, name);
  return [
    ...[`--etcd-servers=${etcdUrl}`, `--secure-port=${plan.apiPort}`],
    `--advertise-address=${plan.nodeAddress}`,
    ...[`--tls-cert-file=${pki('server.crt')}`, `--tls-private-key-file=${pki('server.key')}`],
    `--client-ca-file=${pki('ca.crt')}`,
    `--service-account-key-file=${pki('service-account.key')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${plan.serviceSubnet}`,
    ...['--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction'],
    '--anonymous-auth=false',
    `--kubelet-client-certificate=${pki('admin.crt')}`,
    `--kubelet-client-key=${pki('admin.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--shutdown-delay-duration=0s',
  ];
}

/** Command line of the controller manager. */
export function controllerManagerArguments(files: ClusterFiles): string[] {
  return [
    ...[`--kubeconfig=${kubeconfigOf(files, 'controller-manager')}`, '--leader-elect=false'],
    ...[`--service-account-private-key-file=${join(files.pki, 'service-account.key')}`],
    ...[`--root-ca-file=${join(files.pki, 'ca.crt')}`, '--use-service-account-credentials=true'],
  ];
}

/** Command line of the scheduler. */
export function schedulerArguments(files: ClusterFiles): string[] {
  return [`--kubeconfig=${kubeconfigOf(files, 'scheduler')}`, '--leader-elect=false'];
}

/** Command line of the kubelet. */
export function kubeletArguments(files: ClusterFiles): string[] {
  return [
    ...[`--config=${join(files.config, 'kubelet.yaml')}`, `--kubeconfig=${kubeconfigOf(files, 'kubelet')}`],
    ...[`--hostname-override=${plan.nodeName}`, `--node-ip=${plan.nodeAddress}`],
  ];
}

/** Command line of kube-proxy. */
export function proxyArguments(files: ClusterFiles): string[] {
  return [`--config=${join(files.config, 'kube-proxy.yaml')}`, `--hostname-override=${plan.nodeName}`];
}

/** The kubeconfig of a program of the cluster. */
export function kubeconfigOf(files: ClusterFiles, name: string): string {
  return join(files.config, `${name}.kubeconfig`);
}

/** Files in the folder of settings, by name. */
export function settings(files: ClusterFiles, images: { pause: string; snapshotter: string }) {
  return {
    'containerd.toml': containerdConfig(files, images.pause, images.snapshotter),
    'kubelet.yaml': stringify(kubeletConfig(files)),
    'kube-proxy.yaml': stringify(proxyConfig(files)),
    'resolv.conf': '# Nothing beyond the cluster has a name here.\n',
    'cni/10-pods.conflist': JSON.stringify(podNetwork()),
  };
}

function containerdConfig(files: ClusterFiles, pause: string, snapshotter: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    'version = 2',
    'root = "/var/lib/containerd"',
    'state = "/run/containerd"',
    '[grpc]',
    'address = "/run/containerd/containerd.sock"',
    `[${cri}]`,
    `sandbox_image = "${pause}"`,
    // Where the capability to lower it is missing, runc would fail.
    'restrict_oom_score_adj = true',
    'disable_apparmor = true',
    `[${cri}.containerd]`,
    `snapshotter = "${snapshotter}"`,
    'default_runtime_name = "runc"',
    `[${cri}.containerd.runtimes.runc]`,
    'runtime_type = "io.containerd.runc.v2"',
    `[${cri}.cni]`,
    'bin_dir = "/usr/lib/cni"',
    `conf_dir = "${join(files.config, 'cni')}"`,
    '',
  ].join('\n');
}

function kubeletConfig(files: ClusterFiles) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(files.pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    clusterDomain,
    clusterDNS: [plan.nodeAddress],
    resolvConf: join(files.config, 'resolv.conf'),
    // Control groups of version 1, and computers with swap, do for a trial.
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // A disk that is nearly full is no reason to evict pods, or images that nobody could fetch again.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageMinimumGCAge: '24h',
  };
}

function proxyConfig(files: ClusterFiles) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: kubeconfigOf(files, 'kube-proxy') },
    mode: 'nftables',
    clusterCIDR: plan.podSubnet,
    // The kernel keeps these for the whole computer.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** Each pod has a cable to the node, which routes. */
function podNetwork() {
  const ipam = { type: 'host-local', subnet: plan.podSubnet, routes: [{ dst: '0.0.0.0/0' }] };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ type: 'ptp', ipam }] };
}
