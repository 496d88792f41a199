import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildEphemeral, type EphemeralImage } from '../../../images/ephemeral/build.ts';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { ensureLibvirt, LIBVIRT_URI, stopOwnLibvirt } from '../../../lab/machines/libvirt-daemons.ts';
import { poll } from '../../../lab/process/poll.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { MemoryClient } from '../../../src/kube/memory-client.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import { openPowerDriver } from '../../../src/rack/power/drivers.ts';
import { freePort } from '../power/peers.ts';
import { type Sushy, startSushy } from './sushy.ts';
import { defineTestDomain, defineTestPool, type TestDomain } from './virtual-machine.ts';
import { createTestCluster, orderInventory, startTestRack, type TestImage, type TestRack } from './world.ts';

const minute = 60_000;
const bridge = 'mwvmedia0';
const address = '10.98.8.1';

interface Ordered {
  domain: TestDomain;
  /** The address that it is to have. */
  host: string;
  client: MemoryClient;
  status(): Promise<Machine['status']>;
}

/**
 * Machines on a network where nobody answers DHCP, with sushy-tools as their BMC: the rack makes an ISO for each, sushy-tools
 * reads it and puts it into the machine, and the agent on it calls from the address that the ISO gave it.
 */
describe('a machine that gets no DHCP', () => {
  const user = { username: 'admin', password: randomBytes(9).toString('hex') };
  let directory: string;
  let image: EphemeralImage;
  let sushy: Sushy;
  let pool: ReturnType<typeof defineTestPool>;
  let rack: TestRack | undefined;
  const domains: TestDomain[] = [];

  beforeAll(async () => {
    await ensureLibvirt(readLabEnvironment());
    directory = mkdtempSync(join(tmpdir(), 'mw-vmedia-'));
    ip('link', 'delete', bridge);
    ip('link', 'add', bridge, 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0');
    ip('address', 'add', `${address}/24`, 'dev', bridge);
    ip('link', 'set', bridge, 'up');
    pool = defineTestPool(directory);
    image = await buildEphemeral();
    sushy = await startSushy({ directory, user, libvirtUri: LIBVIRT_URI, pool: pool.name });
  }, 20 * minute);

  afterEach(async () => {
    await rack?.stop();
    rack = undefined;
  });

  afterAll(async () => {
    await sushy?.stop();
    for (const domain of domains) domain.remove();
    pool?.remove();
    ip('link', 'delete', bridge);
    await stopOwnLibvirt(readLabEnvironment());
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  /** A machine that is ordered to boot, and a rack that drives its BMC. */
  async function order(
    firmware: 'uefi' | 'bios',
    what: TestImage,
    imageDirectories: string,
  ): Promise<Ordered> {
    const domain = defineTestDomain(firmware, { directory, bridge, number: domains.length + 1 });
    domains.push(domain);
    const client = await createTestCluster(what, { cidr: '10.98.8.0/24' }, user);
    rack = await startTestRack(client, {
      ...{ directory: join(directory, firmware), device: bridge, address, port: await freePort() },
      imageDirectories,
    });
    const host = `10.98.8.${100 + domains.length}`;
    await orderInventory(client, domain, sushy, host);
    return { domain, host, client, status: async () => (await client.get(machineKind, domain.name))?.status };
  }

  /** What it never came to is told with all that was seen. */
  async function until(
    what: string,
    { domain, status }: Ordered,
    probe: () => Promise<boolean>,
  ): Promise<void> {
    try {
      const options = { what: `${what} of ${domain.name}`, timeoutMs: 10 * minute };
      await poll(async () => ((await probe()) ? true : undefined), options);
    } catch (error) {
      const seen = JSON.stringify({ status: await status(), events: rack?.events });
      throw new Error(`${seen}\n${consoleOf(domain)}`, { cause: error });
    }
  }

  it(
    'boots from an ISO made for it, by UEFI, and tells its hardware',
    async () => {
      const ordered = await order('uefi', image, dirname(dirname(image.kernel.path)));
      const { domain, host, client, status } = ordered;
      await until(
        'the inventory',
        ordered,
        async () => (await status())?.taskResult?.outcome === 'Succeeded',
      );
      expect(await status()).toMatchObject({
        bootProgress: { stage: 'Agent', mac: domain.mac, address: host },
        power: { result: { id: 'g1-boot', outcome: 'Succeeded' } },
      });
      const inventory = await client.get(machineInventoryKind, domain.name);
      expect(JSON.stringify(inventory)).toContain(domain.mac);
      await until('the ejected medium', ordered, async () => (await status())?.virtualMedia === undefined);
      expect(await mediaOf(domain)).toMatchObject({ Inserted: false });
      expect(JSON.stringify(await status())).not.toContain('/media/');
      expect(rack?.events).toEqual([]);
    },
    12 * minute,
  );

  // The same kernel tells its command line, which is all that the two ways of booting differ in how they get; it has no root, and stops there.
  it(
    'boots from an ISO made for it, by BIOS, with the same words for its kernel',
    async () => {
      const path = join(directory, 'initrd.img');
      const nothing = Buffer.alloc(64 * 1024);
      writeFileSync(path, nothing);
      const sha256 = createHash('sha256').update(nothing).digest('hex');
      const initrd = { path, sha256, sizeBytes: nothing.length };
      const kernelArguments = ['console=ttyS0', 'cryptomgr.notests'];
      const folders = [dirname(dirname(image.kernel.path)), directory].join(',');
      const ordered = await order('bios', { kernel: image.kernel, initrd, kernelArguments }, folders);
      const line = /Kernel command line: (.*)\r?\n/;
      await until('the kernel', ordered, async () => line.test(consoleOf(ordered.domain)));
      const words = (line.exec(consoleOf(ordered.domain))?.[1] ?? '').split(' ');
      expect(words).toEqual(
        expect.arrayContaining([
          ...kernelArguments,
          ...[`mw.mac=${ordered.domain.mac}`, `mw.ip=${ordered.host}/24`],
          expect.stringMatching(/^mw\.token=./),
        ]),
      );
      expect(await ordered.status()).toMatchObject({ bootProgress: { stage: 'Loader' } });
    },
    12 * minute,
  );

  it('has its medium left out when it was taken out before', async () => {
    const [domain] = domains;
    const driver = openPowerDriver(
      'redfish',
      {
        ...{ address: sushy.address, ...user, secret: {}, bootMode: 'UEFI' },
        parameters: { systemUuid: domain!.uuid },
        tls: { fingerprint: sushy.fingerprint },
      },
      createBmcLock({ clock: systemClock, delay, pacing: { changeMs: 0, queryMs: 0, inrushMs: 0 } }),
      { log: silentLogger },
    );
    await driver.ejectMedia?.(AbortSignal.timeout(minute));
    await driver.close();
    expect(await mediaOf(domain!)).toMatchObject({ Inserted: false });
  });

  async function mediaOf({ uuid }: TestDomain): Promise<unknown> {
    return await sushy.get(`/redfish/v1/Systems/${uuid}/VirtualMedia/Cd`);
  }
});

function consoleOf({ consolePath }: TestDomain): string {
  try {
    return readFileSync(consolePath, 'latin1').slice(-3000);
  } catch {
    return 'it has said nothing on its console';
  }
}

/** Nothing is wrong when what is to be deleted is not there. */
function ip(...args: string[]): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    if (args[1] !== 'delete') throw error;
  }
}
