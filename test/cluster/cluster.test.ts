import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEphemeral } from '../../images/ephemeral/build.ts';
import { type Cluster, clusterDown, clusterUp } from '../../lab/cluster/cluster.ts';
import { clusterPlan as plan } from '../../lab/cluster/plan.ts';
import { helm, installChart, release, uninstallChart } from '../../lab/cluster/release.ts';
import { poll } from '../../lab/process/poll.ts';
import { type Machine, machineKind } from '../../src/api/machine/schema.ts';
import { rackKind } from '../../src/api/rack/schema.ts';
import { type ImageServer, startImageServer } from './support/image-server.ts';
import { type NetbootMachine, startNetbootMachine } from './support/machine.ts';

const apiVersion = 'metalwright.dev/v1alpha1';
const { provisioning } = plan;
const host = (number: number) => provisioning.hostAddress.replace(/\d+$/, String(number));

describe('the chart on a real cluster', () => {
  let cluster: Cluster;
  let directory: string;
  let images: ImageServer | undefined;
  let machine: NetbootMachine | undefined;
  const place = ['--namespace', release.namespace];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metalwright-cluster-'));
    cluster = await clusterUp(console.log);
    await installChart(cluster, console.log);
  });
  afterAll(async () => {
    machine?.kill();
    await images?.close();
    await clusterDown();
    await rm(directory, { recursive: true, force: true });
  });

  it('makes a Rack of the node, which serves the network that is described', async () => {
    await cluster.kubectl.apply([
      { apiVersion, kind: 'Fabric', metadata: { name: 'node' }, spec: {} },
      { apiVersion, kind: 'VLAN', metadata: { name: 'node' }, spec: { fabric: 'node', vid: 0 } },
      {
        ...{ apiVersion, kind: 'Subnet', metadata: { name: 'node' } },
        spec: {
          ...{ vlan: 'node', cidr: provisioning.subnet, gateway: provisioning.hostAddress },
          ranges: {
            dynamic: [{ start: host(200), end: host(239) }],
            reserved: [{ start: host(1), end: host(9) }],
          },
        },
      },
    ]);
    const rack = await poll(
      async () => {
        const found = await cluster.kubectl.read(rackKind.parse, 'rack', plan.nodeName);
        return found?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
          ? found
          : undefined;
      },
      { what: 'the Rack to be Ready', timeoutMs: 180_000, intervalMs: 1000 },
    );
    expect(rack.metadata.name).toBe(plan.nodeName);
  });

  it('answers from inside: `helm test`', async () => {
    expect(await helm(cluster, ['test', release.name])).toMatch(/^Phase: +Succeeded$/m);
  });

  it('runs nothing as root but the rack, which has two capabilities and is not privileged', async () => {
    const status = async (workload: string) => {
      const said = await cluster.kubectl.run('exec', workload, ...place, '--', 'cat', '/proc/1/status');
      return Object.fromEntries(said.split('\n').map((line) => line.split(':\t') as [string, string]));
    };
    for (const program of ['operator', 'server']) {
      const { Uid, CapEff, NoNewPrivs } = await status(`deployment/${release.name}-${program}`);
      expect([Uid?.split('\t')[0], CapEff, NoNewPrivs]).toEqual(['65532', '0000000000000000', '1']);
    }
    const { CapEff, NoNewPrivs } = await status(`daemonset/${release.name}-rack`);
    // CAP_NET_BIND_SERVICE is 10, CAP_NET_RAW 13.
    expect([CapEff, NoNewPrivs]).toEqual(['0000000000002400', '1']);
  });

  it('boots a machine from the network, to the end of its commissioning', async () => {
    const { kernel, initrd, kernelArguments } = await buildEphemeral();
    const files = { kernel: kernel.path, initrd: initrd.path };
    const server = await startImageServer(plan.hostAddress, new Map(Object.entries(files)));
    images = server;
    const artifact = (role: string, name: keyof typeof files, digest: string) => ({
      ...{ role, source: { http: { url: server.urlOf(name) } }, digest: `sha256:${digest}` },
    });
    machine = await startNetbootMachine(directory);
    await cluster.kubectl.apply([
      {
        ...{ apiVersion, kind: 'BootImage', metadata: { name: 'ephemeral' } },
        spec: {
          ...{ os: 'metalwright', release: 'ephemeral', architecture: 'amd64', purpose: 'Ephemeral' },
          artifacts: [
            artifact('Kernel', 'kernel', kernel.sha256),
            artifact('Initrd', 'initrd', initrd.sha256),
          ],
          kernelArguments: [...kernelArguments, 'console=ttyS0,115200'],
        },
      },
      {
        ...{ apiVersion, kind: 'Machine', metadata: { name: 'netboots' } },
        spec: {
          ...{ macAddresses: [machine.mac], architecture: 'amd64', approved: true, bootMode: 'BIOS' },
          bmc: { driver: 'manual' },
        },
      },
    ]);
    let last: Machine | undefined;
    try {
      await poll(
        async () => {
          last = await cluster.kubectl.read(machineKind.parse, 'machine', 'netboots');
          return last?.status?.phase === 'Ready' ? true : undefined;
        },
        { what: 'the machine to be Ready', timeoutMs: 30 * 60_000, intervalMs: 1000 },
      );
    } catch (error) {
      console.log(JSON.stringify(last?.status, undefined, 2), (await machine.console()).slice(-4000));
      console.log(await cluster.kubectl.run('logs', `daemonset/${release.name}-rack`, ...place, '--tail=40'));
      throw error;
    }
  });

  it('upgrades in place, and keeps its authority', async () => {
    const authority = () =>
      cluster.kubectl.run('get', 'secret', `${release.name}-ca`, ...place, '-o', 'jsonpath={.data}');
    const before = await authority();
    await installChart(cluster, console.log, { operator: { replicas: 2 } });
    expect(await authority()).toBe(before);
    expect(JSON.parse(await helm(cluster, ['history', release.name, '-o', 'json']))).toHaveLength(2);
  });

  it('leaves machines where they are when it is uninstalled', async () => {
    const machine = {
      ...{ apiVersion, kind: 'Machine', metadata: { name: 'kept' } },
      spec: { macAddresses: ['52:54:00:0c:00:01'], architecture: 'amd64' },
    };
    await cluster.kubectl.apply([machine]);
    await uninstallChart(cluster);
    // Helm waits for what it made; pods drain a moment longer.
    let pods = '';
    await poll(
      async () => {
        pods = (await cluster.kubectl.run('get', 'pods', ...place, '-o', 'name')).trim();
        return pods === '' ? true : undefined;
      },
      { what: () => `the pods to go: ${pods}`, timeoutMs: 180_000, intervalMs: 1000 },
    );
    expect(await cluster.kubectl.read(machineKind.parse, 'machine', 'kept')).toBeDefined();
  });
});
