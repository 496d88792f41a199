import { type Allocation, allocationKind } from '../../../src/api/allocation/schema.ts';
import { type BootImage, bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { fabricKind } from '../../../src/api/fabric/schema.ts';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { type MachinePhase, machinePhases } from '../../../src/api/machine/phases.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { poolKind } from '../../../src/api/pool/schema.ts';
import { type Rack, rackKind, rackServices } from '../../../src/api/rack/schema.ts';
import { subnetKind } from '../../../src/api/subnet/schema.ts';
import { vlanKind } from '../../../src/api/vlan/schema.ts';
import { zoneKind } from '../../../src/api/zone/schema.ts';
import { failureTable } from '../../../src/domain/lifecycle/failures.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';

const fieldManager = 'seed';
const machineCount = 42;
const minute = 60_000;

/** A moment that many minutes ago. */
export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * minute).toISOString().replace(/\.\d+Z$/, 'Z');
}

function condition(type: string, status: 'True' | 'False', reason: string, message: string, minutes = 60) {
  return { type, status, reason, message, lastTransitionTime: ago(minutes) };
}

/** A small data centre: racks, networks, images, and machines of every phase with their addresses and Allocations. */
export async function seed(client: KubeClient): Promise<void> {
  const write = writer(client);
  await seedPlaces(write);
  await seedNetworks(write);
  await seedImages(write);
  await seedRacks(write);
  await inTurns(
    8,
    Array.from({ length: machineCount }, (_, number) => () => seedMachine(write, number)),
  );
  await write(allocationKind, {
    metadata: { name: 'training', namespace: 'default' },
    spec: { image: 'debian-12', constraints: { memoryMiB: 4_194_304, pool: 'compute' } },
    status: {
      phase: 'Pending',
      unmatched: [
        {
          constraint: 'memoryMiB >= 4194304',
          removed: 14,
          message: 'memoryMiB >= 4194304: removed 14 of 14 machines; the largest of them has 524288',
        },
      ],
      conditions: [condition('Ready', 'False', 'NoMachineFits', 'No machine fits: see status.unmatched.')],
    } satisfies Allocation['status'],
  });
}

interface Given {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec: object;
  status?: object | undefined;
}

type Write = (kind: Resource<KubeObject>, object: Given) => Promise<void>;

function writer(client: KubeClient): Write {
  return async (kind, { metadata, spec, status }) => {
    await client.create(kind, { metadata, ...{ spec } });
    if (status === undefined) return;
    const { name, namespace } = metadata;
    const id = { name, ...(namespace === undefined ? {} : { namespace }) };
    await client.applyStatus(kind, { metadata: id, ...{ status } }, { fieldManager });
  };
}

async function inTurns(width: number, work: (() => Promise<void>)[]): Promise<void> {
  const left = [...work];
  const one = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await next();
  };
  await Promise.all(Array.from({ length: width }, one));
}

async function seedPlaces(write: Write): Promise<void> {
  for (const [name, description] of [
    ['default', 'for everybody'],
    ['compute', 'many cores'],
    ['storage', 'many disks'],
  ] as const) {
    await write(poolKind, { metadata: { name }, spec: { description } });
  }
  for (const name of ['hall-a', 'hall-b']) await write(zoneKind, { metadata: { name }, spec: {} });
}

async function seedNetworks(write: Write): Promise<void> {
  await write(fabricKind, {
    metadata: { name: 'datacentre' },
    spec: { description: 'leaf and spine of both halls' },
    status: { vlans: 2 },
  });
  await write(fabricKind, { metadata: { name: 'out-of-band' }, spec: {}, status: { vlans: 1 } });
  for (const [name, fabric, vid] of [
    ['provisioning', 'datacentre', 0],
    ['storage', 'datacentre', 20],
    ['bmc', 'out-of-band', 30],
  ] as const) {
    const dhcp = vid === 0 ? undefined : { enabled: false, mode: 'None' as const, relayFrom: [] };
    await write(vlanKind, {
      metadata: { name },
      spec: { fabric, vid, ...(vid === 20 ? { mtu: 9000 } : {}), ...(dhcp && { dhcp }) },
      status: { subnets: vid === 0 ? 2 : 1, racks: vid === 0 ? ['node-a', 'node-b'] : [] },
    });
  }
  await write(subnetKind, {
    metadata: { name: 'provisioning-v4' },
    spec: {
      vlan: 'provisioning',
      cidr: '10.20.0.0/24',
      gateway: '10.20.0.1',
      dnsServers: ['10.20.0.2'],
      ntpServers: ['10.20.0.2'],
      domainName: 'dc1.example.com',
      ranges: {
        dynamic: [{ start: '10.20.0.200', end: '10.20.0.239', comment: 'machines that enlist' }],
        reserved: [{ start: '10.20.0.2', end: '10.20.0.9', comment: 'switches and name servers' }],
      },
    },
    status: {
      addresses: {
        total: '254',
        assigned: machineCount,
        dynamic: '40',
        reserved: '8',
        free: '163',
        utilisationPercent: 35,
      },
      dynamic: {
        leases: 6,
        utilisationPercent: 15,
        ranges: [
          {
            start: '10.20.0.200',
            end: '10.20.0.239',
            size: 40,
            leases: 6,
            utilisationPercent: 15,
            racks: ['node-a', 'node-b'],
          },
        ],
      },
      conditions: [condition('Ready', 'True', 'Ready', 'The Subnet is in use.')],
    },
  });
  for (const [name, vlan, cidr] of [
    ['provisioning-v6', 'provisioning', 'fd00:20::/64'],
    ['storage-v4', 'storage', '10.40.0.0/22'],
    ['bmc-v4', 'bmc', '10.30.0.0/24'],
  ] as const) {
    await write(subnetKind, { metadata: { name }, spec: { vlan, cidr } });
  }
}

async function seedImages(write: Write): Promise<void> {
  const disk = (name: string, os: string, release: string, status: BootImage['status']) =>
    write(bootImageKind, {
      metadata: { name },
      spec: {
        os,
        release,
        architecture: 'amd64' as const,
        purpose: 'Disk' as const,
        artifacts: [
          {
            role: 'Disk' as const,
            format: 'RawZstd' as const,
            source: { http: { url: `https://images.example.com/${name}.raw.zst` } },
          },
        ],
      },
      status,
    });
  const artifact = {
    role: 'Disk' as const,
    digest: `sha256:${'a1'.repeat(32)}`,
    sizeBytes: 312_000_000,
    rawSizeBytes: 2_147_483_648,
  };
  await disk('debian-12', 'debian', '12', {
    artifacts: [artifact],
    importedAt: ago(900),
    racks: [{ name: 'node-a', since: ago(890) }],
    conditions: [condition('Ready', 'True', 'Imported', 'Every artifact is imported.')],
  });
  await disk('ubuntu-24.04', 'ubuntu', '24.04', {
    progress: { bytes: 262_144_000, totalBytes: 624_000_000, percent: 42 },
    conditions: [condition('Ready', 'False', 'Importing', 'The artifacts are being imported.', 1)],
  });
  await disk('rocky-9', 'rocky', '9', {
    conditions: [
      condition(
        'Ready',
        'False',
        'ImportFailed',
        'images.example.com answered 404 to GET /rocky-9.raw.zst.',
        12,
      ),
    ],
  });
  await write(bootImageKind, {
    metadata: { name: 'ephemeral-amd64' },
    spec: {
      os: 'debian',
      release: '12',
      architecture: 'amd64',
      purpose: 'Ephemeral',
      artifacts: (['Kernel', 'Initrd'] as const).map((role) => ({
        role,
        source: { file: { path: `/images/${role.toLowerCase()}` } },
        format: 'Raw' as const,
      })),
    },
    status: {
      artifacts: (['Kernel', 'Initrd'] as const).map((role) => ({
        role,
        digest: `sha256:${'b2'.repeat(32)}`,
        sizeBytes: role === 'Kernel' ? 8_200_000 : 96_000_000,
      })),
      racks: ['node-a', 'node-b'].map((name) => ({ name, since: ago(4000) })),
      importedAt: ago(4000),
      conditions: [condition('Ready', 'True', 'Imported', 'Every artifact is imported.', 4000)],
    },
  });
}

async function seedRacks(write: Write): Promise<void> {
  for (const [at, name] of ['node-a', 'node-b'].entries()) {
    const well = at === 0;
    const status = {
      version: '0.1.0',
      lastSeen: ago(0),
      httpUrl: `http://10.20.0.${2 + at}:7480`,
      interfaces: [
        {
          name: 'eth1',
          mac: `02:00:00:00:00:0${at + 1}`,
          addresses: [`10.20.0.${2 + at}/24`],
          vlan: 'provisioning',
          subnets: ['provisioning-v4'],
        },
      ],
      services: rackServices.map((service) =>
        service === 'Tftp' && !well
          ? { name: service, state: 'Failed' as const, message: 'port 69 is taken by another program' }
          : { name: service, state: service === 'Https' ? ('Disabled' as const) : ('Running' as const) },
      ),
      vlans: ['provisioning'],
      leases: well ? 4 : 2,
      slices: [
        {
          subnet: 'provisioning-v4',
          start: well ? '10.20.0.200' : '10.20.0.220',
          end: well ? '10.20.0.219' : '10.20.0.239',
          state: 'Open' as const,
          leases: well ? 4 : 2,
        },
      ],
      ...(well
        ? {}
        : {
            foreignDhcpServers: [
              { interface: 'eth1', vlan: 'provisioning', address: '10.20.0.66', lastSeen: ago(3) },
            ],
          }),
      conditions: [
        well
          ? condition('Ready', 'True', 'Ready', 'Every service runs.')
          : condition('Ready', 'False', 'ServiceFailed', 'Tftp: port 69 is taken by another program.', 7),
      ],
    } satisfies Rack['status'];
    await write(rackKind, { metadata: { name }, spec: {}, status });
  }
}

const pools = ['default', 'compute', 'storage'] as const;
const failures: Partial<Record<MachinePhase, keyof typeof failureTable>> = {
  CommissioningFailed: 'BmcUnreachable',
  TestingFailed: 'PowerTimeout',
  DeploymentFailed: 'PowerStateTimeout',
  ReleaseFailed: 'BmcAuthenticationFailed',
  EraseFailed: 'BmcBusy',
  RescueEntryFailed: 'MediaNotRead',
  RescueExitFailed: 'PowerTimeout',
};
const held: readonly MachinePhase[] = [
  'Allocated',
  'Deploying',
  'DeploymentFailed',
  'Deployed',
  'Releasing',
  'Rescue',
];

/** The name of the machine of this number: two of every phase, in the order of the phases. */
export function machineName(number: number): string {
  return `r${1 + Math.floor(number / 21)}-u${String(1 + (number % 21)).padStart(2, '0')}`;
}

async function seedMachine(write: Write, number: number): Promise<void> {
  const name = machineName(number);
  const phase = machinePhases[number % machinePhases.length] ?? 'New';
  const mac = `52:54:00:20:00:${number.toString(16).padStart(2, '0')}`;
  const address = `10.20.0.${20 + number}`;
  const big = number % 3;
  const failure = failures[phase];
  const uid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const namespace = number % 2 === 0 ? 'default' : 'team-a';
  const isHeld = held.includes(phase);
  const known = phase !== 'Enlisting' && phase !== 'New' && phase !== 'Commissioning';
  const good = failure === undefined && phase !== 'Broken';
  const status = {
    phase,
    phaseSince: ago(5 + number * 7),
    powerState: ['Ready', 'New', 'Broken'].includes(phase) ? 'Off' : 'On',
    addresses: [{ address, mac, subnet: 'provisioning-v4' }],
    ...(known && {
      hardware: {
        vendor: big === 2 ? 'Supermicro' : 'Dell Inc.',
        product: big === 2 ? 'SSG-6029P' : 'PowerEdge R650',
        serial: `SN${1000 + number}`,
        firmware: 'UEFI',
        cores: [16, 64, 32][big] ?? 16,
        threads: [32, 128, 64][big] ?? 32,
        memoryMiB: [65_536, 524_288, 262_144][big] ?? 65_536,
        nics: 2 + big,
        disks: [
          { name: 'nvme0n1', sizeBytes: 960_197_124_096, kind: 'NVMe' },
          ...(big === 2
            ? Array.from({ length: 12 }, (_, at) => ({
                name: `sd${String.fromCharCode(97 + at)}`,
                sizeBytes: 16_000_900_661_248,
                kind: 'HDD' as const,
              }))
            : []),
        ],
      },
    }),
    ...(failure && {
      failure: { reason: failure, message: `${name}: ${failureTable[failure].expected}, but did not.` },
    }),
    ...(isHeld && { allocation: { namespace, name: `web-${number}`, uid } }),
    conditions: [
      good
        ? condition('Ready', 'True', 'AsWanted', 'The machine is as it is wanted.', 5 + number)
        : condition('Ready', 'False', failure ?? 'MarkedBroken', 'Needs a person.', 5 + number),
      condition('Approved', phase === 'Enlisting' ? 'False' : 'True', 'Approved', ''),
      condition('Reachable', failure === 'BmcUnreachable' ? 'False' : 'True', 'BmcAnswers', ''),
    ],
  } satisfies Machine['status'];
  await write(machineKind, {
    metadata: { name, labels: { 'example.com/row': `row-${1 + (number % 4)}` } },
    spec: {
      macAddresses: [mac],
      architecture: 'amd64',
      approved: phase !== 'Enlisting',
      bmc: { driver: 'redfish', address: `https://10.30.0.${20 + number}`, credentialsSecret: `bmc-${name}` },
      pool: pools[big],
      zone: number < 21 ? 'hall-a' : 'hall-b',
      tags: big === 2 ? ['hdd', 'storage'] : big === 1 ? ['nvme', 'gpu'] : ['nvme'],
    },
    status,
  });
  await write(ipAddressKind, {
    metadata: { name: address },
    spec: { address, subnet: 'provisioning-v4', purpose: 'Auto', machine: name, mac },
  });
  if (!isHeld) return;
  await write(allocationKind, {
    metadata: { name: `web-${number}`, namespace },
    spec: { image: 'debian-12', constraints: { pool: pools[big] }, sshKeys: [] },
    status: {
      phase:
        phase === 'Deployed' || phase === 'Rescue'
          ? 'Deployed'
          : phase === 'Deploying'
            ? 'Deploying'
            : 'Bound',
      machine: name,
      addresses: [address],
      powerState: 'On',
      boundAt: ago(30 + number),
      ...(phase === 'Deployed' ? { deployedAt: ago(20 + number) } : {}),
      conditions: [
        condition(
          'Ready',
          phase === 'Deployed' ? 'True' : 'False',
          phase === 'Deployed' ? 'Deployed' : phase,
          '',
        ),
      ],
    } satisfies Allocation['status'],
  });
}
