import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Cluster, clusterDown, clusterUp } from '../../lab/cluster/cluster.ts';
import { type ClusterMachines, startClusterMachines } from '../../lab/cluster/machines.ts';
import { clusterPlan as plan } from '../../lab/cluster/plan.ts';
import { chartValues, helm, installChart, release, uninstallChart } from '../../lab/cluster/release.ts';
import { makeSshKey, type SshKey } from '../../lab/demo/ssh.ts';
import { buildImages } from '../../lab/images.ts';
import type { LabMachine } from '../../lab/machines/machine.ts';
import { poll } from '../../lab/process/poll.ts';
import { bmcSecret, machineResource } from '../../lab/resources.ts';
import { type Machine, machineKind } from '../../src/api/machine/schema.ts';
import { rackKind } from '../../src/api/rack/schema.ts';
import { type ImageServer, startImageServer } from './support/image-server.ts';
import { httpImages, imageFiles, network } from './support/manifests.ts';
import { type Story, tellStory } from './support/story.ts';

const { provisioning } = plan;
/** The chart gives its racks a certificate, so agents speak HTTPS. */
const agentUrl = `https://${provisioning.nodeAddress}:7443`;
const place = ['--namespace', release.namespace];

const isReady = ({ status }: Machine): boolean => status?.phase === 'Ready';
const isDeployed = ({ status }: Machine): boolean => status?.phase === 'Deployed';
const isWritten = ({ status }: Machine): boolean =>
  status?.task?.kind === 'Install' &&
  status.taskResult?.id === status.task.id &&
  status.taskResult.step === 'Write';

const WithStatus = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  status: z.unknown().optional(),
});

/** Helm, a cluster, two machines: from an empty namespace to two logins and back. The tests are one story. */
describe('the chart on a real cluster', () => {
  let cluster: Cluster;
  let key: SshKey;
  let images: ImageServer;
  let machines: ClusterMachines;
  let story: Story;
  let first: LabMachine;
  let second: LabMachine;
  /** The boot in which somebody logged in to a machine. */
  const boots = new Map<string, string>();

  beforeAll(async () => {
    key = await makeSshKey('metalwright-cluster');
    cluster = await clusterUp(console.log);
    story = tellStory(cluster, key);
    const built = await buildImages();
    images = await startImageServer(plan.hostAddress, imageFiles(built));
    machines = await startClusterMachines(cluster, built.ephemeral.kernel.path, console.log);
    first = await machines.define({ name: 'first', firmware: 'bios', bmc: 'ipmi' });
    second = await machines.define({ name: 'second', firmware: 'uefi', bmc: 'redfish' });
    await installChart(cluster, console.log);
    await cluster.kubectl.apply([
      ...network('node', provisioning.subnet, provisioning.hostAddress),
      ...httpImages(built, images.urlOf),
    ]);
  });
  afterAll(async () => {
    await machines?.down();
    await images?.close();
    await clusterDown();
    await key?.remove();
  });

  it('makes a Rack of the node, which serves the network that is described', async () => {
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

  it('boots machines from the network by their BMCs, to the end of their commissioning', async () => {
    const declared = [first, second].flatMap((machine) => {
      const bmc = machines.bmcOf(machine);
      return [bmcSecret(machine, bmc), machineResource(machine, bmc)];
    });
    await cluster.kubectl.apply(declared);
    await Promise.all([first, second].map((machine) => story.machineIs(machine, 'Ready', isReady, 15)));
    for (const { consolePath } of [first, second]) {
      expect(readFileSync(consolePath, 'latin1')).toContain(`waiting for the rack at ${agentUrl}`);
    }
  });

  it('installs one for an Allocation, and its owner logs in', async () => {
    await story.allocate(first);
    await story.machineIs(first, 'installing', isWritten, 15);
    // It is the one that installs when the first is done.
    await story.allocate(second);
    await story.machineIs(first, 'Deployed', isDeployed, 20);
    boots.set(first.name, await story.login(first, 5));
  });

  it('is upgraded while a machine installs, with new pods for all programs; neither machine notices', async () => {
    const authority = () =>
      cluster.kubectl.run('get', 'secret', `${release.name}-ca`, ...place, '-o', 'jsonpath={.data}');
    const pods = async () => (await cluster.kubectl.run('get', 'pods', ...place, '-o', 'name')).split('\n');
    const before = { authority: await authority(), pods: await pods() };
    const status = (await story.machine(second.name))?.status;
    expect(status?.phase).toBe('Deploying');
    const podAnnotations = { example: 'another' };
    await installChart(cluster, console.log, {
      operator: { replicas: 2, podAnnotations },
      server: { ...chartValues.server, podAnnotations },
      rack: { ...chartValues.rack, podAnnotations },
    });
    const done = await story.machineIs(second, 'Deployed', isDeployed, 20);
    boots.set(second.name, await story.login(second, 5));
    expect(await authority()).toBe(before.authority);
    expect((await pods()).filter((pod) => before.pods.includes(pod) && pod.includes('metalwright'))).toEqual(
      [],
    );
    expect(JSON.parse(await helm(cluster, ['history', release.name, '-o', 'json']))).toHaveLength(2);
    // The install that had begun went on: it was not begun anew.
    expect(done.status?.boot?.generation).toBe(status?.boot?.generation);
    expect(await story.login(first, 1)).toBe(boots.get(first.name));
  });

  it('has another leader soon after the one that leads is killed', async () => {
    const lease = ['lease', 'metalwright-operator', ...place];
    const holder = () => cluster.kubectl.run('get', ...lease, '-o', 'jsonpath={.spec.holderIdentity}');
    const before = await holder();
    const pod = before.replace(/-[0-9a-f]{8}$/, '');
    // SIGKILL, from outside of the container, as the kernel does it to who takes too much memory: the Lease is not given back.
    const script = `for p in $(pgrep -f operator); do
        if grep -qsz "^HOSTNAME=$1$" /proc/$p/environ; then kill -KILL $p; exit; fi
      done
      exit 1`;
    const killed = Date.now();
    await cluster.node.run('sh', '-c', script, 'sh', pod);
    const after = await poll(
      async () => {
        const now = await holder();
        return now !== '' && now !== before ? now : undefined;
      },
      { what: `another leader than ${before}`, timeoutMs: 60_000, intervalMs: 250 },
    );
    console.log(
      `another operator leads ${((Date.now() - killed) / 1000).toFixed(1)} s after a SIGKILL: ${after}`,
    );
  });

  it('takes its machines back as they are after a restore that lacks every status', async () => {
    const { kubectl } = cluster;
    const scale = (replicas: number) =>
      kubectl.run('scale', `deployment/${release.name}-operator`, ...place, `--replicas=${replicas}`);
    await scale(0);
    const operators = ['pods', ...place, '--selector=app.kubernetes.io/component=operator'];
    await kubectl.run('wait', '--for=delete', '--timeout=50s', ...operators);
    const all = await kubectl.run('get', 'metal', '--all-namespaces', '-o', 'json');
    const { items } = z.object({ items: z.array(WithStatus) }).parse(JSON.parse(all));
    for (const { kind, metadata } of items.filter(({ status }) => status !== undefined)) {
      const where = metadata.namespace === undefined ? [] : ['--namespace', metadata.namespace];
      const lose = ['--subresource=status', '--type=merge', '--patch', '{"status":null}'];
      await kubectl.run('patch', `${kind.toLowerCase()}.metalwright.dev`, metadata.name, ...where, ...lose);
    }
    for (const { name } of [first, second])
      expect((await story.machine(name))?.status?.phase).toBeUndefined();
    await scale(2);
    for (const machine of [first, second]) {
      await story.machineIs(machine, 'Deployed again', isDeployed, 3);
      await kubectl.run('wait', '--for=condition=Ready', '--timeout=50s', `allocation/${machine.name}`);
      expect(await story.login(machine, 1)).toBe(boots.get(machine.name));
    }
  });

  it('leaves machines where they are when it is uninstalled', async () => {
    const said = await uninstallChart(cluster);
    expect(said).toContain('kept due to the resource policy');
    // Helm waits for what it made; pods drain a moment longer.
    let pods = '';
    await poll(
      async () => {
        pods = (await cluster.kubectl.run('get', 'pods', ...place, '-o', 'name')).trim();
        return pods === '' ? true : undefined;
      },
      { what: () => `the pods to go: ${pods}`, timeoutMs: 180_000, intervalMs: 1000 },
    );
    for (const machine of [first, second]) {
      expect(await cluster.kubectl.read(machineKind.parse, 'machine', machine.name)).toBeDefined();
      expect(await story.login(machine, 1)).toBe(boots.get(machine.name));
    }
  });
});
