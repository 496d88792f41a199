import { createHash, randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSshKey, type SshKey } from '../../lab/demo/ssh.ts';
import { pressPowerOn } from '../../lab/machines/libvirt.ts';
import type { LabMachine } from '../../lab/machines/machine.ts';
import { SYSTEM_NAMESPACE } from '../../lab/programs.ts';
import { switchName } from '../../lab/switch/start.ts';
import { findCondition } from '../../src/api/conditions.ts';
import type { Machine } from '../../src/api/machine/schema.ts';
import { apiVersion } from '../../src/api/meta.ts';
import { firstByteLeft, signaturesOn } from './support/disk.ts';
import { eventsAbout, powerCommands } from './support/evidence.ts';
import { firstLogin, type Inside, lookInside } from './support/inside.ts';
import {
  allocate,
  allocationOf,
  approve,
  declareMachine,
  failureOf,
  namespace,
  order,
  release,
  storeCredentials,
} from './support/orders.ts';
import { type Setting, startSetting } from './support/setting.ts';

const minutes = 60_000;
const isReady = ({ status }: Machine): boolean => status?.phase === 'Ready';
const installs = ({ status }: Machine): boolean =>
  status?.task?.kind === 'Install' &&
  status.taskResult?.id === status.task.id &&
  status.taskResult.step === 'Write';

/**
 * Machines of either firmware from power-on to a login and back, and what may go wrong on the way. The tests are one story:
 * each goes on where the one before it stopped.
 */
describe('bare metal', () => {
  let setting: Setting;
  let key: SshKey;
  const secrets: string[] = [];
  const userDataText = randomBytes(16).toString('hex');
  const insides = new Map<string, Inside>();
  /** The machine whose disk to install on was not there. */
  let diskless: LabMachine | undefined;

  beforeAll(async () => {
    key = await makeSshKey('metalwright-e2e');
    setting = await startSetting();
    for (const machine of both()) secrets.push(setting.lab.bmcOf(machine).credentials.password);
  });
  afterAll(async () => {
    await setting?.down();
    await key?.remove();
    setting?.figures.print();
  });

  const both = (): LabMachine[] => [setting.bios, setting.uefi];
  const firmwareOf = (machine: LabMachine): string => machine.firmware.toUpperCase();
  const nameOf = (machine: LabMachine): string => setting.machineOf(machine)?.metadata.name ?? '';
  const allocationName = (machine: LabMachine): string => `on-${machine.name}`;

  /** From the moment at which the hypervisor started the machine to that at which its inventory was there. */
  function noteInventory(machine: LabMachine): void {
    const [start] = setting.power.of(machine, 'Started');
    const stored = setting.witness.firstSeen('MachineInventory', nameOf(machine));
    const what = `${firmwareOf(machine)}: power-on to inventory stored`;
    setting.figures.note(what, (stored ?? Number.NaN) - (start?.at ?? Number.NaN));
  }

  /** One machine boots after the other, and nothing beside them: the figures are those of one machine. */
  async function inventoryOf(machine: LabMachine): Promise<void> {
    const stored = () => setting.witness.inventories.get(nameOf(machine));
    await setting.witness.until(() => `the inventory of ${machine.name}`, stored, 8 * minutes);
  }

  async function expectRefusal(machine: LabMachine): Promise<void> {
    const refused = ({ status }: Machine): boolean => status?.phase === 'CommissioningFailed';
    const { status } = await setting.machineIs(machine, 'refused by its BMC', refused, 3 * minutes);
    expect(status?.failure).toMatchObject({
      reason: 'BmcAuthenticationFailed',
      message: expect.stringContaining('correct user name and password in the credentials Secret'),
    });
  }

  describe.concurrent('become Ready', () => {
    it('when nobody described them: found by booting, approved, and given a BMC', async () => {
      const { bios } = setting;
      await pressPowerOn(bios);
      const isNew = ({ status }: Machine): boolean => status?.phase === 'New';
      const { metadata, spec } = await setting.machineIs(bios, 'enlisted', isNew, 8 * minutes);
      expect(spec.approved).toBe(false);
      noteInventory(bios);
      await storeCredentials(setting, bios);
      await inventoryOf(setting.uefi);
      await approve(setting, metadata.name, bios);
      await setting.machineIs(bios, 'Ready', isReady, 8 * minutes);
    });

    it('when a manifest declares them, also after the password of the BMC was wrong at first', async () => {
      const { uefi } = setting;
      await storeCredentials(setting, uefi, 'not the password');
      await declareMachine(setting, uefi);
      await expectRefusal(uefi);
      await inventoryOf(setting.bios);
      await storeCredentials(setting, uefi);
      await order(setting, nameOf(uefi), 'Commission');
      await setting.machineIs(uefi, 'Ready', isReady, 8 * minutes);
      noteInventory(uefi);
    });

    it('never, when their BMC cannot be reached; it says so', async () => {
      const machine = 'unreachable';
      await setting.lab.kubectl.apply([
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: machine, namespace: SYSTEM_NAMESPACE },
          stringData: { username: 'nobody', password: randomBytes(8).toString('hex') },
        },
        {
          apiVersion,
          kind: 'Machine',
          metadata: { name: machine },
          spec: {
            macAddresses: ['52:54:00:ff:ff:01'],
            architecture: 'amd64',
            approved: true,
            // The discard port: nobody answers there.
            bmc: { driver: 'ipmi', address: '127.0.0.1:9', credentialsSecret: machine },
          },
        },
      ]);
      const status = () => setting.witness.machines.get(machine)?.status;
      const failure = () => (status()?.phase === 'CommissioningFailed' ? status()?.failure : undefined);
      const what = () => `${machine} fails; it is ${status()?.phase}, ${JSON.stringify(status()?.power)}`;
      const { reason, message } = await setting.witness.until(what, failure, 4 * minutes);
      expect(reason).toBe('BmcUnreachable');
      expect(message).toContain('spec.bmc.address');
    });

    it('beside an image that is larger than their disks', async () => {
      await Promise.all(both().map(inventoryOf));
      // Frames of zstd may follow one another: five GiB of zeros in a few KiB.
      const frame = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
      const url = setting.serve('large.raw.zst', Buffer.concat(Array.from({ length: 80 }, () => frame)));
      await applyImage('large', { source: { http: { url } }, format: 'RawZstd' });
      await imageIs('large', 'True');
    });

    it('but not with an image whose digest is wrong: it is refused before any machine boots', async () => {
      const url = setting.serve('changed.raw', Buffer.from('not what was meant'));
      const digest = `sha256:${createHash('sha256').update('what was meant').digest('hex')}`;
      await applyImage('changed', { source: { http: { url } }, digest });
      const { reason, message } = await imageIs('changed', 'False');
      expect(reason).toBe('DigestMismatch');
      expect(message).toContain(digest);
    });
  });

  it('show the hardware that they were made with', () => {
    for (const machine of both()) {
      const { hardware } = setting.machineOf(machine)?.status ?? {};
      expect(hardware).toMatchObject({
        firmware: firmwareOf(machine),
        serial: machine.serial,
        systemUuid: machine.uuid,
        threads: machine.cpus,
        disks: [{ sizeBytes: machine.diskGiB * 1024 ** 3 }],
        nics: 1,
      });
      const inventory = setting.witness.inventories.get(nameOf(machine));
      expect(inventory?.hardware.nics).toMatchObject([
        {
          mac: machine.mac,
          lldp: { chassisName: switchName(setting.lab.instance), portId: setting.lab.instance.bridge },
        },
      ]);
    }
  });

  it('are not chosen for an image that their disks cannot hold', async () => {
    await allocate(setting, 'too-large', { image: 'large', constraints: { cores: 1 } });
    const unmatched = () => allocationOf(setting, 'too-large')?.status?.unmatched;
    const reasons = await setting.witness.until(() => 'the scheduler says why', unmatched, 30_000);
    expect(reasons).toContainEqual(
      expect.objectContaining({ constraint: `image's size: a disk >= ${80 * 64 * 1024 * 1024}`, removed: 2 }),
    );
    await setting.lab.kubectl.run('delete', 'allocation', 'too-large', '--namespace', namespace);
  });

  it(
    'are installed for Allocations, though the operator is killed twice, and open to the key',
    async () => {
      await setting.lab.kubectl.apply([
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'user-data', namespace },
          stringData: {
            userData: `#cloud-config\nwrite_files:\n- path: /etc/metalwright-e2e\n  content: ${userDataText}\n`,
          },
        },
      ]);
      const deploy = async (machine: LabMachine): Promise<void> => {
        const applied = await allocate(setting, allocationName(machine), {
          image: 'debian-12',
          constraints: { machine: nameOf(machine) },
          hostname: `host-${machine.firmware}`,
          sshKeys: [key.publicKey],
          userDataSecret: 'user-data',
        });
        const isDeployed = ({ status }: Machine): boolean => status?.phase === 'Deployed';
        const { status } = await setting.machineIs(machine, 'Deployed', isDeployed, 18 * minutes);
        const address = status?.addresses?.[0]?.address ?? 'no address';
        await firstLogin(key, address, 3 * minutes);
        setting.figures.note(`${firmwareOf(machine)}: Allocation applied to SSH login`, Date.now() - applied);
        await waitForReady(machine);
        insides.set(machine.name, await lookInside(key, address));
      };
      const strike = async (): Promise<void> => {
        const { uefi, bios } = setting;
        // The intent is written, and nothing has come of it.
        const intends = ({ status }: Machine): boolean => status?.task?.kind === 'Install';
        await setting.machineIs(uefi, 'about to boot', intends, minutes);
        await setting.killOperator();
        await setting.machineIs(bios, 'installing', installs, 8 * minutes);
        await setting.killOperator();
      };
      await Promise.all([...both().map(deploy), strike(), replay(setting.bios)]);
    },
    30 * minutes,
  );

  /** As `kubectl wait` of a person does it. */
  async function waitForReady(machine: LabMachine): Promise<void> {
    const flags = ['--for=condition=Ready', '--timeout=50s', '--namespace', namespace];
    const wait = () => setting.lab.kubectl.try('wait', ...flags, `allocation/${allocationName(machine)}`);
    const results = [await wait(), await wait(), await wait()];
    expect(results.at(-1)).toMatchObject({ code: 0 });
  }

  /** What somebody may do who reads along on the network. */
  async function replay(machine: LabMachine): Promise<void> {
    await setting.machineIs(machine, 'installing', installs, 8 * minutes);
    const tokens = setting.eavesdropper.tokensFor(machine.mac);
    expect(tokens.length, 'boot tokens on the network').toBeGreaterThan(0);
    secrets.push(...tokens);
    const { rackAddress, rackHttpPort } = setting.lab.instance;
    for (const token of tokens) {
      const response = await fetch(`http://${rackAddress}:${rackHttpPort}/agent/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token, macAddresses: [machine.mac], systemUuid: machine.uuid }),
      });
      expect(response.status).toBe(410);
      expect(await response.text()).not.toContain('sessionKey');
    }
  }

  it('tell of a boot token that was used again by an Event', async () => {
    const replayed = async () => {
      const events = await eventsAbout(setting.lab.kubectl, nameOf(setting.bios));
      return events.filter(({ reason, type }) => reason === 'BootTokenReplayed' && type === 'Warning').length;
    };
    await expect.poll(replayed, { timeout: 15_000 }).toBeGreaterThan(0);
  });

  it('run what was asked for, as whom it was asked for, on the machine that was asked for', () => {
    for (const machine of both()) {
      const inside = insides.get(machine.name)!;
      const allocation = allocationOf(setting, allocationName(machine));
      expect(inside('hostname')).toBe(`host-${machine.firmware}`);
      expect(inside('os')).toBe('debian 12');
      expect(inside('serial')).toBe(machine.serial);
      expect(inside('macs')).toContain(machine.mac);
      expect(inside('firmware')).toBe(firmwareOf(machine));
      expect(inside('authorizedKeys')).toBe(key.publicKey);
      expect(inside('cloudInit')).toMatch(/status: done$/);
      expect(inside('instanceId')).toBe(allocation?.metadata.uid);
      expect(inside('userDataFile')).toBe(userDataText);
      const diskBytes = machine.diskGiB * 1024 ** 3;
      expect(Number(inside('diskBytes'))).toBe(diskBytes);
      expect(Number(inside('rootBytes'))).toBeGreaterThan(0.85 * diskBytes);
      expect(inside('commandLine')).not.toMatch(/mw\.|token/);
      const phoneHomeTokens = inside('phoneHomeTokens').split('\n');
      expect(phoneHomeTokens).toHaveLength(1);
      secrets.push(...phoneHomeTokens);
    }
  });

  it('are told of as traces, from the first DHCP request to the word of the installed OS', async () => {
    for (const machine of both()) {
      const installs = () =>
        setting.collector.bootsOf(nameOf(machine)).filter(({ boot }) => boot === 'boot Install');
      await expect.poll(installs, { timeout: 15_000 }).toHaveLength(1);
      const seen = ['Dhcp', 'Loader', 'Kernel', 'Agent', 'PhonedHome'];
      expect(installs()[0]?.steps).toEqual(expect.arrayContaining(seen));
    }
  });

  it('were installed once each, whatever became of the operator', () => {
    for (const machine of both()) {
      const history = setting.witness.historyOf(nameOf(machine));
      const tasks = new Set(
        history
          .map(({ status }) => status?.task)
          .filter((task) => task?.kind === 'Install')
          .map((task) => task?.id),
      );
      expect([...tasks]).toHaveLength(1);
      const written = setting.consoleOf(machine).match(/installing on /g) ?? [];
      expect(written).toHaveLength(1);
    }
  });

  describe.concurrent('when their Allocations go', () => {
    /** The machine that is Ready first has one more thing to do. */
    const first = Promise.withResolvers<LabMachine>();

    it('are wiped and Ready again', async () => {
      const wipe = async (machine: LabMachine): Promise<void> => {
        expect(await signaturesOn(machine.diskPath)).toContain('gpt');
        const took = await release(setting, allocationName(machine), machine, 10 * minutes);
        setting.figures.note(`${firmwareOf(machine)}: release to Ready, disk wiped`, took);
        await expectWiped(machine);
        first.resolve(machine);
      };
      await Promise.all(both().map(wipe)).catch((error: unknown) => {
        first.reject(error);
        throw error;
      });
    });

    // What else may go wrong half way takes longer: test/e2e-lifecycle.
    it('fail by name when the disk to install on is not there; nothing is written to another one', async () => {
      const machine = await first.promise;
      const choose = (rootDisk: { serial: string } | null) => {
        const patch = JSON.stringify({ spec: { rootDisk } });
        return setting.lab.kubectl.run('patch', 'machine', nameOf(machine), '--type=merge', '--patch', patch);
      };
      await choose({ serial: 'pulled-out' });
      const constraints = { machine: nameOf(machine) };
      await allocate(setting, 'diskless', { image: 'debian-12', constraints, erase: 'None' });
      const { reason, message } = await failureOf(setting, 'diskless', 8 * minutes);
      expect(reason).toBe('RootDiskNotFound');
      expect(message).toContain('pulled-out');
      expect(message).toContain(`${machine.serial}-0`);
      await choose(null);
      await release(setting, 'diskless', machine, minutes);
      await expectWiped(machine);
      diskless = machine;
    });
  });

  async function expectWiped(machine: LabMachine): Promise<void> {
    expect(await signaturesOn(machine.diskPath)).toEqual([]);
    expect(await firstByteLeft(machine.diskPath)).toBeUndefined();
    const { phase, failure, task, phoneHomeTokenHash } = setting.machineOf(machine)?.status ?? {};
    expect({ phase, failure, task, phoneHomeTokenHash }).toEqual({ phase: 'Ready' });
  }

  async function applyImage(name: string, disk: Record<string, unknown>): Promise<void> {
    const artifacts = [{ role: 'Disk', ...disk }];
    const spec = { os: name, release: '1', architecture: 'amd64', purpose: 'Disk', artifacts };
    await setting.lab.kubectl.apply([{ apiVersion, kind: 'BootImage', metadata: { name }, spec }]);
  }

  async function imageIs(name: string, ready: 'True' | 'False') {
    const probe = () => {
      const { conditions } = setting.witness.images.get(name)?.status ?? {};
      const settled = findCondition(conditions, 'Reconciling')?.status === 'False';
      const condition = findCondition(conditions, 'Ready');
      return settled && condition?.status === ready ? condition : undefined;
    };
    const what = () => `BootImage ${name}: ${JSON.stringify(setting.witness.images.get(name)?.status)}`;
    return await setting.witness.until(what, probe, 4 * minutes);
  }

  it('were switched only as often as they had to be, and every request was carried out once', () => {
    const commands = powerCommands(setting.logOf('rack'));
    for (const [request, times] of commands) expect(times, request).toBe(1);
    // Enlisting by hand, commissioning, install, erase; and commissioning, install, erase.
    const starts = new Map([
      [setting.bios, 4],
      [setting.uefi, 3],
    ]);
    for (const [machine, times] of starts) {
      const more = machine === diskless ? 1 : 0;
      expect(setting.power.of(machine, 'Started'), machine.name).toHaveLength(times + more);
    }
    for (const machine of both()) {
      expect(setting.power.of(machine, 'Stopped').length).toBe(setting.power.of(machine, 'Started').length);
    }
  });

  it('gave no secret away in any status, Event or log', async () => {
    const kinds =
      'events.events.k8s.io,machines,machineinventories,allocations,machineactions,bootimages,racks,ipaddresses';
    const places = {
      'what the API server showed': setting.witness.everything(),
      'the API server': await setting.lab.kubectl.run('get', kinds, '--all-namespaces', '-o', 'json'),
      'the log of the operator': setting.logOf('operator'),
      'the log of the rack': setting.logOf('rack'),
    };
    expect(secrets.length).toBeGreaterThan(5);
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) expect(text.includes(secret), `a secret in ${place}`).toBe(false);
    }
    const left = await setting.lab.kubectl.run(
      'get',
      'secrets',
      '--namespace',
      SYSTEM_NAMESPACE,
      '-o',
      'name',
    );
    expect(left).not.toContain('seed-');
  });
});
