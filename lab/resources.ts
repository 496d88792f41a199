import type { z } from 'zod';
import type { Artifact } from '../images/lib/cache.ts';
import type { BootImageSpec, ImageArtifact } from '../src/api/boot-image/schema.ts';
import type { FabricSpec } from '../src/api/fabric/schema.ts';
import type { MachineSpec } from '../src/api/machine/spec.ts';
import { apiVersion } from '../src/api/meta.ts';
import type { SubnetSpec } from '../src/api/subnet/schema.ts';
import type { VlanSpec } from '../src/api/vlan/schema.ts';
import type { BmcConnection } from './bmc/connection.ts';
import type { LabImages } from './images.ts';
import type { LabInstance } from './instance.ts';
import type { Manifest } from './kube/kubectl.ts';
import type { LabMachine } from './machines/machine.ts';
import { SYSTEM_NAMESPACE } from './programs.ts';

/** The namespace of Metalwright's own Secrets. */
export function namespaceResource(): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
}

/** Name of a service account that may read what the programs' admin endpoints show. */
export const READER = 'lab-reader';

/** Name of a service account that may do everything: whoever has the laboratory's computer may anyway. */
export const ADMIN = 'lab-admin';

/** Name of the service account of the server: racks open consoles for whoever it names, and know it by its token. */
export const SERVER = 'lab-server';

/** The accounts, and what they may do; `metalwright-admin` is whoever signs in by the server's link. */
export function accountResources(): Manifest[] {
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ADMIN, namespace: SYSTEM_NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: SERVER, namespace: SYSTEM_NAMESPACE } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: ADMIN },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [
        { kind: 'ServiceAccount', name: ADMIN, namespace: SYSTEM_NAMESPACE },
        { kind: 'ServiceAccount', name: SERVER, namespace: SYSTEM_NAMESPACE },
        { kind: 'User', apiGroup: rbac, name: 'metalwright-admin' },
      ],
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: READER, namespace: SYSTEM_NAMESPACE } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: READER },
      rules: [
        { nonResourceURLs: ['/metrics', '/leases', '/sensors', '/console-log', '/status'], verbs: ['get'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: READER },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: READER },
      subjects: [{ kind: 'ServiceAccount', name: READER, namespace: SYSTEM_NAMESPACE }],
    },
  ];
}

/** The provisioning network: one fabric, its untagged VLAN, one subnet; the upper part of it is for unknown machines. */
export function networkResources(instance: LabInstance): Manifest[] {
  const host = (number: number) => instance.rackAddress.replace(/\d+$/, String(number));
  const fabric: z.input<typeof FabricSpec> = { description: 'The laboratory on this computer' };
  const vlan: z.input<typeof VlanSpec> = {
    fabric: 'lab',
    vid: 0,
    description: `The bridge ${instance.bridge}`,
  };
  const subnet: z.input<typeof SubnetSpec> = {
    vlan: 'lab-untagged',
    cidr: instance.subnet,
    gateway: instance.rackAddress,
    ranges: {
      dynamic: [{ start: host(200), end: host(239), comment: 'machines that nobody described' }],
      reserved: [{ start: host(1), end: host(9), comment: 'the host' }],
    },
  };
  return [
    { apiVersion, kind: 'Fabric', metadata: { name: 'lab' }, spec: fabric },
    { apiVersion, kind: 'VLAN', metadata: { name: 'lab-untagged' }, spec: vlan },
    { apiVersion, kind: 'Subnet', metadata: { name: 'lab' }, spec: subnet },
  ];
}

/** BootImages of the ephemeral OS and of the sample OS, as files of this computer with their digests. */
export function imageResources(images: LabImages): Manifest[] {
  const ephemeral: z.input<typeof BootImageSpec> = {
    os: 'metalwright',
    release: 'ephemeral',
    architecture: 'amd64',
    purpose: 'Ephemeral',
    artifacts: [artifact('Kernel', images.ephemeral.kernel), artifact('Initrd', images.ephemeral.initrd)],
    // The kernel would take the clock of an emulated machine on a busy computer for broken, and give up.
    kernelArguments: [...images.ephemeral.kernelArguments, 'console=ttyS0,115200', 'no_timer_check'],
  };
  const debian: z.input<typeof BootImageSpec> = {
    os: 'debian',
    release: '12',
    architecture: 'amd64',
    purpose: 'Disk',
    artifacts: [{ ...artifact('Disk', images.debian12.image), format: images.debian12.format }],
  };
  return [
    { apiVersion, kind: 'BootImage', metadata: { name: 'ephemeral' }, spec: ephemeral },
    { apiVersion, kind: 'BootImage', metadata: { name: 'debian-12' }, spec: debian },
  ];
}

/** Name of the Secret with the credentials of a machine's BMC. */
export function bmcSecretName(machine: LabMachine): string {
  return `${machine.name}-bmc`;
}

/** The Secret with the credentials of a machine's BMC. */
export function bmcSecret(machine: LabMachine, bmc: BmcConnection): Manifest {
  const { username, password } = bmc.credentials;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: bmcSecretName(machine), namespace: SYSTEM_NAMESPACE },
    stringData: { username, password },
  };
}

/** `spec.bmc` of a Machine. */
export function bmcSpec(machine: LabMachine, bmc: BmcConnection): z.input<typeof MachineSpec>['bmc'] {
  const { driver, address, parameters, tls } = bmc;
  const credentialsSecret = bmcSecretName(machine);
  return { driver, address, credentialsSecret, ...(parameters && { parameters }), ...(tls && { tls }) };
}

/** A Machine that a person declares and approves before it was ever switched on. */
export function machineResource(machine: LabMachine, bmc: BmcConnection): Manifest {
  const spec: z.input<typeof MachineSpec> = {
    macAddresses: [machine.mac],
    architecture: 'amd64',
    approved: true,
    bootMode: machine.firmware === 'uefi' ? 'UEFI' : 'BIOS',
    bmc: bmcSpec(machine, bmc),
  };
  return { apiVersion, kind: 'Machine', metadata: { name: machine.name }, spec };
}

function artifact(role: 'Kernel' | 'Initrd' | 'Disk', file: Artifact): z.input<typeof ImageArtifact> {
  return { role, source: { file: { path: file.path } }, digest: `sha256:${file.sha256}` };
}
