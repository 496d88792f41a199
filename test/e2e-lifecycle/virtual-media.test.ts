import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { makeSshKey, type SshKey, ssh } from '../../lab/demo/ssh.ts';
import { type Lab, labUp } from '../../lab/lab.ts';
import { LIBVIRT_URI } from '../../lab/machines/libvirt-daemons.ts';
import type { LabMachine } from '../../lab/machines/machine.ts';
import { tail } from '../../lab/process/daemon.ts';
import { run, tryRun } from '../../lab/process/run.ts';
import { bmcSpec } from '../../lab/resources.ts';
import { isTrue } from '../../src/api/conditions.ts';
import type { IpAddressSpec } from '../../src/api/ip-address/schema.ts';
import type { Machine } from '../../src/api/machine/schema.ts';
import type { MachineSpec } from '../../src/api/machine/spec.ts';
import { apiVersion } from '../../src/api/meta.ts';
import { firstByteLeft } from '../e2e/support/disk.ts';
import { firstLogin } from '../e2e/support/inside.ts';
import { allocate, namespace, storeCredentials } from '../e2e/support/orders.ts';
import { startWitness, type Witness } from '../e2e/support/witness.ts';

const minutes = 60_000;
/** From an order to the end of its work: the BMC copies the ISO first, and machines may be emulated. */
const boot = 15 * minutes;

/** Machines may be emulated, beside other work. */
const timeouts = {
  METALWRIGHT_TIMEOUT_BOOT: '900',
  METALWRIGHT_TIMEOUT_AGENT_SILENCE: '600',
  METALWRIGHT_TIMEOUT_FIRST_BOOT: '1800',
};

/**
 * Nobody answers DHCP on the machine's network, from its first boot to its last. All that it has is a BMC with virtual media (sushy-tools) and
 * an IPAddress. sushy-tools copies what is put in, and keeps the order to boot it: whoever leaves the machine to itself would see it start the
 * ISO once more.
 */
describe('a machine that gets no DHCP at all', { timeout: 45 * minutes }, () => {
  let lab: Lab;
  let machine: LabMachine;
  let witness: Witness;
  let key: SshKey;
  let pool: { remove(): Promise<void> } | undefined;
  let address: string;

  beforeAll(async () => {
    key = await makeSshKey('metalwright-virtual-media');
    Object.assign(process.env, timeouts);
    lab = await labUp({
      instance: 'vmedia',
      lifetime: 'parent',
      machines: [{ name: 'edge', firmware: 'uefi', bmc: 'redfish' }],
    });
    machine = lab.machine('edge');
    address = lab.instance.rackAddress.replace(/\d+$/, '50');
    pool = await makePool(lab);
    const silence = JSON.stringify({ spec: { dhcp: { enabled: false } } });
    await lab.kubectl.run('patch', 'vlan', 'lab-untagged', '--type=merge', '--patch', silence);
    witness = await startWitness(lab.kubeconfigPath);
  }, 20 * minutes);
  afterAll(async () => {
    await witness?.stop();
    await pool?.remove();
    await lab?.down();
    await key?.remove();
  });

  async function becomes(
    what: string,
    done: (found: Machine) => boolean,
    timeoutMs = boot,
  ): Promise<Machine> {
    const probe = () => {
      const found = witness.machines.get(machine.name);
      if (found?.status?.failure !== undefined) throw new Error(JSON.stringify(found.status.failure));
      return found !== undefined && done(found) ? found : undefined;
    };
    const report = () => {
      const { phase, step, power, conditions, virtualMedia } =
        witness.machines.get(machine.name)?.status ?? {};
      const state = JSON.stringify({ phase, step, power, virtualMedia, conditions });
      return `the machine is ${what}; it is ${state}; its console: ${tail(machine.consolePath, 10)}`;
    };
    return await witness.until(report, probe, timeoutMs);
  }

  it('is commissioned', async () => {
    const reserved: z.input<typeof IpAddressSpec> = {
      ...{ address, subnet: 'lab', purpose: 'Static', mac: machine.mac },
    };
    const spec: z.input<typeof MachineSpec> = {
      macAddresses: [machine.mac],
      architecture: 'amd64',
      approved: true,
      bootMode: 'UEFI',
      boot: { method: 'VirtualMedia' },
      bmc: bmcSpec(machine, lab.bmcOf(machine)),
    };
    await storeCredentials({ lab }, machine);
    await lab.kubectl.apply([
      { apiVersion, kind: 'IPAddress', metadata: { name: address }, spec: reserved },
      { apiVersion, kind: 'Machine', metadata: { name: machine.name }, spec },
    ]);
    const { status } = await becomes('commissioned', ({ status }) => status?.phase === 'Ready');
    expect(status?.hardware?.disks.length).toBe(1);
  });

  it('is installed, started from its disk by its BMC, and logged in to', async () => {
    await allocate({ lab }, 'edge', { image: 'debian-12', sshKeys: [key.publicKey] });
    const isUp = ({ status }: Machine): boolean =>
      status?.phase === 'Deployed' && isTrue(status.conditions, 'Ready');
    const { status } = await becomes('deployed', isUp, 2 * boot);
    expect(status?.addresses?.[0]?.address).toBe(address);
    await firstLogin(key, address, 5 * minutes);
    const interfaces = await ssh(key, 'debian', address, 'ip -4 -o address show scope global');
    expect(interfaces).toContain(`${address}/`);
    expect(interfaces).not.toContain('dynamic');
    const starts = new Set(
      witness
        .historyOf(machine.name)
        .map(({ status: seen }) => seen?.power?.request)
        .filter((request) => request?.boot === 'Disk')
        .map((request) => request?.id),
    );
    expect(starts.size).toBe(1);
  });

  it('is erased when its Allocation goes', async () => {
    await lab.kubectl.run('delete', 'allocation', 'edge', '--namespace', namespace, '--wait=false');
    const isFree = ({ status }: Machine): boolean =>
      status?.phase === 'Ready' && status.allocation === undefined;
    await becomes('back in the pool', isFree);
    expect(await firstByteLeft(machine.diskPath)).toBeUndefined();
  });

  it('never asked for an address, has no medium left in, and told nobody where its media were', async () => {
    const out = ({ status }: Machine): boolean => status?.virtualMedia === undefined;
    await becomes('without a medium', out, 2 * minutes);
    const xml = await run('virsh', ['-c', LIBVIRT_URI, 'dumpxml', '--inactive', machine.domain]);
    expect(xml).not.toContain("device='cdrom'");
    const stages = witness
      .historyOf(machine.name)
      .map(({ status }) => status?.bootProgress?.stage)
      .filter((stage) => stage !== undefined);
    const network = ['Dhcp', 'Kernel', 'Network', 'OsDhcp'];
    expect(network.filter((stage) => stages.some((seen) => seen === stage))).toEqual([]);
    expect(stages).toContain('PhonedHome');
    expect(witness.everything()).not.toContain('/media/');
  });
});

/** Where sushy-tools keeps what is put into a drive. */
async function makePool(lab: Lab): Promise<{ remove(): Promise<void> }> {
  const name = lab.instance.mediaPool;
  const target = join(lab.instance.directory, 'media');
  mkdirSync(target, { recursive: true });
  const remove = async (): Promise<void> => {
    await tryRun('virsh', ['-c', LIBVIRT_URI, 'pool-destroy', name]);
    await tryRun('virsh', ['-c', LIBVIRT_URI, 'pool-undefine', name]);
  };
  await remove();
  await run('virsh', ['-c', LIBVIRT_URI, 'pool-define-as', name, 'dir', '--target', target]);
  await run('virsh', ['-c', LIBVIRT_URI, 'pool-start', name]);
  return { remove };
}
