import type { buildImages } from '../../../lab/images.ts';
import type { Manifest } from '../../../lab/kube/kubectl.ts';
import { apiVersion } from '../../../src/api/meta.ts';

type Images = Awaited<ReturnType<typeof buildImages>>;

/** The files of both BootImages by the name under which a web server has them. */
export function imageFiles({ ephemeral, debian12 }: Images): ReadonlyMap<string, string> {
  return new Map([
    ['kernel', ephemeral.kernel.path],
    ['initrd', ephemeral.initrd.path],
    ['disk', debian12.image.path],
  ]);
}

/** BootImages of the ephemeral OS and of the sample OS, from a web server. */
export function httpImages({ ephemeral, debian12 }: Images, urlOf: (name: string) => string): Manifest[] {
  const artifact = (role: string, name: string, sha256: string) => ({
    ...{ role, source: { http: { url: urlOf(name) } }, digest: `sha256:${sha256}` },
  });
  const image = (name: string, spec: object): Manifest => {
    const common = { architecture: 'amd64', ...spec };
    return { apiVersion, kind: 'BootImage', metadata: { name }, spec: common };
  };
  return [
    image('ephemeral', {
      ...{ os: 'metalwright', release: 'ephemeral', purpose: 'Ephemeral' },
      artifacts: [
        artifact('Kernel', 'kernel', ephemeral.kernel.sha256),
        artifact('Initrd', 'initrd', ephemeral.initrd.sha256),
      ],
      kernelArguments: [...ephemeral.kernelArguments, 'console=ttyS0,115200'],
    }),
    image('debian-12', {
      ...{ os: 'debian', release: '12', purpose: 'Disk' },
      artifacts: [{ ...artifact('Disk', 'disk', debian12.image.sha256), format: debian12.format }],
    }),
  ];
}

/** A network whose upper part is for machines that nobody described, behind `gateway`. */
export function network(name: string, cidr: string, gateway: string): Manifest[] {
  const host = (number: number) => gateway.replace(/\d+$/, String(number));
  return [
    { apiVersion, kind: 'Fabric', metadata: { name }, spec: {} },
    { apiVersion, kind: 'VLAN', metadata: { name }, spec: { fabric: name, vid: 0 } },
    {
      ...{ apiVersion, kind: 'Subnet', metadata: { name } },
      spec: {
        ...{ vlan: name, cidr, gateway },
        ranges: {
          dynamic: [{ start: host(200), end: host(239) }],
          reserved: [{ start: host(1), end: host(9) }],
        },
      },
    },
  ];
}
