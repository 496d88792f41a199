import { join } from 'node:path';
import { clusterPlan } from './cluster/plan.ts';

/** Names of the instances, in the order of their subnets and ports. */
export const labInstanceNames = [
  'lab',
  'e2e',
  'scratch',
  'lifecycle',
  'vmedia',
  'cluster',
  'browser',
] as const;
export type LabInstanceName = (typeof labInstanceNames)[number];

/**
 * One laboratory on this computer. Instances differ in bridge, subnet, ports and folders, so that the end-to-end test
 * and a developer's own laboratory run side by side.
 */
export interface LabInstance {
  name: LabInstanceName;
  /** Everything that it writes, its daemons' logs and pid files among it. */
  directory: string;
  /** Host bridge that plays the provisioning network: one broadcast domain, one VLAN. */
  bridge: string;
  /** CIDR of the provisioning network. */
  subnet: string;
  /** The host's own address on it, where the rack listens. */
  rackAddress: string;
  prefixLength: number;
  apiPort: number;
  etcdPorts: { client: number; peer: number };
  /** Port of the rack's HTTP server, on every address of the host. */
  rackHttpPort: number;
  /** Ports of the admin endpoints, on the loopback. */
  rackAdminPort: number;
  operatorAdminPort: number;
  /** Port of the REST API and the web UI, on the loopback. */
  serverPort: number;
  /** Where the machines' BMCs listen. */
  bmcAddress: string;
  redfishPort: number;
  virtualBmcPort: number;
  /** The BMC of the first machine with IPMI has this UDP port, the next one the next. */
  firstIpmiPort: number;
  /** Pool of libvirt that sushy-tools keeps media in; who wants virtual media makes it. */
  mediaPool: string;
}

/** The parameters of an instance, fixed by its name. `repository` is the checkout, whose `.lab` holds its files. */
export function labInstance(name: LabInstanceName, repository: string): LabInstance {
  const index = labInstanceNames.indexOf(name);
  return {
    name,
    directory: join(repository, '.lab', name),
    bridge: `mwbr${index}`,
    subnet: `192.168.${242 + index}.0/24`,
    rackAddress: `192.168.${242 + index}.1`,
    prefixLength: 24,
    apiPort: 16443 + index,
    etcdPorts: { client: 12379 + 10 * index, peer: 12380 + 10 * index },
    rackHttpPort: 7480 + index,
    rackAdminPort: 7580 + index,
    operatorAdminPort: 7680 + index,
    serverPort: 7780 + index,
    bmcAddress: '127.0.0.1',
    redfishPort: 18000 + index,
    virtualBmcPort: 15089 + index,
    firstIpmiPort: 6230 + 20 * index,
    mediaPool: `metalwright-${name}`,
    ...(name === 'cluster' && clusterNetwork()),
  };
}

/** Machines of the cluster are on its provisioning network; its node reaches their BMCs at the host's address there. */
function clusterNetwork(): Partial<LabInstance> {
  const { bridge, subnet, nodeAddress, hostAddress } = clusterPlan.provisioning;
  return { bridge, subnet, rackAddress: nodeAddress, bmcAddress: hostAddress };
}
