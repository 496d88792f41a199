import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeSshKey, type SshKey, ssh } from '../../lab/demo/ssh.ts';
import { pressPowerOn, pullPlug } from '../../lab/machines/libvirt.ts';
import { findCondition } from '../../src/api/conditions.ts';
import { type MachinePhase, machinePhases } from '../../src/api/machine/phases.ts';
import type { Machine } from '../../src/api/machine/schema.ts';
import { apiVersion } from '../../src/api/meta.ts';
import { failureTable } from '../../src/domain/lifecycle/failures.ts';
import { firstByteLeft } from '../e2e/support/disk.ts';
import { firstLogin } from '../e2e/support/inside.ts';
import { allocate, approve, namespace, storeCredentials } from '../e2e/support/orders.ts';
import { sickDisk } from './support/faults.ts';
import { fleeting, type Stage, setStage } from './support/stage.ts';

const minutes = 60_000;
/** From an order to the agent's first call, and for what it then does: machines may be emulated. */
const boot = 6 * minutes;
/** A rack bears with a BMC that does not answer, or does not do what it says, for up to two minutes. */
const patience = 4 * minutes;

/**
 * One machine through every phase, the failures included; each failure is made on purpose, must say why by its name and what to
 * try, and is mended as its message says. The tests are one story: each begins where the one before it ended, which is Ready.
 */
describe('a machine goes through its whole life', { timeout: 30 * minutes }, () => {
  let stage: Stage;
  let key: SshKey;
  let visited: MachinePhase[] = [];

  beforeAll(async () => {
    key = await makeSshKey('metalwright-lifecycle');
    stage = await setStage();
  });
  // In the end the machine is gone, and its history with it.
  afterEach(() => {
    const now = stage.visited();
    if (now.length > 0) visited = now;
  });
  afterAll(async () => {
    console.log(`\nPhases walked through, ${new Set(visited).size} of ${machinePhases.length}:`);
    console.log(`  ${visited.join(' → ')}\n`);
    await stage?.down();
    await key?.remove();
  });

  /** The failure has its name, says what was seen, and what to try. */
  function expectFailure(
    { status }: Machine,
    reason: keyof typeof failureTable,
    seen: string | RegExp,
  ): void {
    expect(status?.failure).toMatchObject({ reason, message: expect.stringMatching(seen) });
    expect(status?.failure?.message).toContain(failureTable[reason].advice);
  }

  async function deleteAllocation(name: string): Promise<void> {
    await stage.lab.kubectl.run('delete', 'allocation', name, '--namespace', namespace, '--wait=false');
  }

  async function logIn(): Promise<string> {
    const condition = findCondition(stage.now().status?.conditions, 'Ready');
    const address = /root@([\d.]+) by SSH/.exec(condition?.message ?? '')?.[1];
    expect(address, `an address in: ${condition?.message}`).toBeDefined();
    return await ssh(key, 'root', address!, 'id -un; cat /sys/class/dmi/id/product_serial');
  }

  it('is found by booting, approved, commissioned', async () => {
    await pressPowerOn(stage.machine);
    await stage.walks(['New'], boot);
    await storeCredentials(stage, stage.machine);
    const rootDisk = { serial: `${stage.machine.serial}-0` };
    const patch = JSON.stringify({ spec: { rootDisk } });
    await stage.lab.kubectl.run('patch', 'machine', stage.name(), '--type=merge', '--patch', patch);
    await approve(stage, stage.name(), stage.machine);
    const { status } = await stage.walks(['Commissioning', 'Ready'], boot);
    expect(status?.hardware?.disks.length).toBe(2);
  });

  it('refuses orders while it is locked', async () => {
    expect(await stage.order('Lock')).toMatchObject({ phase: 'Succeeded' });
    expect(await stage.order('Test')).toMatchObject({
      phase: 'Refused',
      message: expect.stringContaining('order Unlock'),
    });
    expect(await stage.order('Unlock')).toMatchObject({ phase: 'Succeeded' });
  });

  it('is marked broken and fixed', async () => {
    await stage.order('MarkBroken');
    expectFailure(await stage.walks(['Broken'], minutes), 'MarkedBroken', /./);
    await stage.order('MarkFixed');
    await stage.walks(['Ready'], minutes);
  });

  it('waits for an image; its release fails when the BMC is silent', async () => {
    await stage.lab.kubectl.apply([endless()]);
    await allocate(stage, 'endless', { image: 'endless', constraints: { machine: stage.name() } });
    await stage.walks(['Allocated'], minutes);
    await stage.faults.bmc('silent');
    await deleteAllocation('endless');
    expectFailure(await stage.walks(['Releasing', 'ReleaseFailed'], patience), 'BmcUnreachable', /BMC/);
    await stage.faults.bmc('well');
    await stage.order('Release');
    await stage.walks(['Releasing', 'Ready'], patience);
  });

  function endless() {
    const artifacts = [{ role: 'Disk', source: { http: { url: stage.endlessUrl } } }];
    const digest = { digest: `sha256:${'0'.repeat(64)}` };
    const spec = {
      ...{ os: 'endless', release: '1', architecture: 'amd64', purpose: 'Disk' },
      artifacts: artifacts.map((artifact) => ({ ...artifact, ...digest })),
    };
    return { apiVersion, kind: 'BootImage', metadata: { name: 'endless' }, spec };
  }

  it('is not commissioned by a BMC that lies, nor with its network card unplugged', async () => {
    await stage.faults.bmc('lying');
    await stage.order('Commission');
    const failed = ['Commissioning', 'CommissioningFailed'] as const;
    expectFailure(await stage.walks(failed, patience), 'PowerStateTimeout', /wanted On, the BMC says Off/);
    await stage.faults.bmc('well');

    await stage.faults.cable('down');
    await stage.withLimits({ METALWRIGHT_TIMEOUT_BOOT: '40' }, async () => {
      await stage.order('Commission');
      expectFailure(await stage.walks(failed, patience), 'NoDhcp', /./);
    });
    await stage.faults.cable('up');
    await stage.order('Commission');
    await stage.walks(['Commissioning', 'Ready'], boot);
  });

  it('passes its tests, and fails them with a disk that cannot be read', async () => {
    const tests = ['clock', 'disk-read'];
    await stage.order('Test', { tests });
    await stage.walks(['Testing', 'Ready'], boot);
    stage.faults.disk('reads');
    await stage.order('Test', { tests });
    expectFailure(
      await stage.walks(['Testing', 'TestingFailed'], boot),
      'TestFailed',
      new RegExp(`disk-read.*${sickDisk}`),
    );
    stage.faults.disk('nothing');
    await stage.order('Override');
    await stage.walks(['Ready'], minutes);
  });

  it('is rescued, once its cable is in; and comes back, once its BMC accepts the password', async () => {
    const rescue = () => stage.order('Rescue', { sshKeys: [key.publicKey] });
    await stage.faults.cable('down');
    await stage.withLimits({ METALWRIGHT_TIMEOUT_BOOT: '40' }, async () => {
      await rescue();
      expectFailure(
        await stage.walks(['EnteringRescue', 'RescueEntryFailed'], patience),
        'NoDhcp',
        /network|DHCP/,
      );
    });
    await stage.faults.cable('up');
    await rescue();
    await stage.walks(['EnteringRescue', 'Rescue'], boot);
    expect(await logIn()).toBe(`root\n${stage.machine.serial}\n`);

    await storeCredentials(stage, stage.machine, 'not the password');
    await stage.order('ExitRescue');
    expectFailure(
      await stage.walks(['ExitingRescue', 'RescueExitFailed'], patience),
      'BmcAuthenticationFailed',
      /./,
    );
    await storeCredentials(stage, stage.machine);
    await stage.order('ExitRescue');
    await stage.walks(['ExitingRescue', 'Ready'], patience);
  });

  it('fails to deploy when its power is cut half way, and to be erased when a disk takes no writes', async () => {
    await allocate(stage, 'cut-off', { image: 'debian-12', constraints: { machine: stage.name() } });
    await stage.walks(['Allocated', 'Deploying'], minutes);
    const halfWay = () => {
      const { taskResult, task } = stage.now().status ?? {};
      const writes = taskResult?.id === task?.id && taskResult?.step === 'Write';
      return writes && (taskResult.percent ?? 0) >= 30 ? true : undefined;
    };
    await stage.witness.until(() => 'half of the image is written', halfWay, 8 * minutes);
    await pullPlug(stage.machine);
    expectFailure(await stage.walks(['DeploymentFailed'], patience), 'AgentSilent', /last heard/);
    expect(await firstByteLeft(stage.machine.diskPath)).toBeDefined();

    stage.faults.disk('writes');
    await deleteAllocation('cut-off');
    const failed = await stage.walks(['Releasing', 'Erasing', 'EraseFailed'], boot);
    expectFailure(failed, 'EraseFailed', new RegExp(sickDisk));
    stage.faults.disk('nothing');
    await stage.order('Release');
    await stage.walks(['Releasing', 'Erasing', 'Ready'], boot);
    expect(await firstByteLeft(stage.machine.diskPath)).toBeUndefined();
  });

  it('is deployed, rescued with its system left alone, and released', async () => {
    await allocate(stage, 'tenant', {
      image: 'debian-12',
      constraints: { machine: stage.name() },
      sshKeys: [key.publicKey],
    });
    const { status } = await stage.walks(['Allocated', 'Deploying', 'Deployed'], 15 * minutes);
    const address = status?.addresses?.[0]?.address ?? 'no address';
    await firstLogin(key, address, 4 * minutes);
    // The Allocation's own key opens the rescue system.
    await stage.order('Rescue');
    await stage.walks(['EnteringRescue', 'Rescue'], boot);
    expect(await logIn()).toContain(stage.machine.serial);
    await stage.order('ExitRescue');
    await stage.walks(['ExitingRescue', 'Deployed'], patience);
    await firstLogin(key, address, 6 * minutes);
    await deleteAllocation('tenant');
    await stage.walks(['Releasing', 'Erasing', 'Ready'], boot);
  });

  it('has been in every phase', () => {
    const seen = new Set<MachinePhase>([...stage.visited(), fleeting]);
    expect(machinePhases.filter((phase) => !seen.has(phase))).toEqual([]);
  });

  it('is deleted', async () => {
    const name = stage.name();
    await stage.lab.kubectl.run('delete', 'machine', name, '--timeout=60s');
    const gone = () => (stage.witness.machines.get(name) === undefined ? true : undefined);
    await stage.witness.until(() => 'the Machine is gone', gone, minutes);
  });
});
