import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { ChassisNode } from '../../../src/rack/power/chassis.ts';
import type { PowerDriver, PowerTarget } from '../../../src/rack/power/driver.ts';
import { createVmwareDriver } from '../../../src/rack/power/vmware/driver.ts';
import { enumerateVmware } from '../../../src/rack/power/vmware/machines.ts';
import { freePort, type Peer, scratchDirectory, startPeer, untilReady } from './peers.ts';

const signal = AbortSignal.timeout(120_000);

/** The simulator that the makers of vSphere build, as `./dev setup` has built it. */
function vcsimProgram(): string {
  const module = readFileSync(resolve(import.meta.dirname, '../../../lab/vcsim/go.mod'), 'utf8');
  const version = /govmomi v([\d.]+)/.exec(module)?.[1];
  const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const cache = process.env.METALWRIGHT_CACHE ?? join(cacheHome, 'metalwright');
  const program = join(cache, 'bin', `vcsim-${version}`, 'vcsim');
  if (!existsSync(program)) throw new Error(`${program} is missing: ./dev setup builds it`);
  return program;
}

describe.each([
  ['vCenter', [], 4],
  ['ESXi', ['-esx'], 2],
] as const)("virtual machines of vcsim's %s", (_, flags, count) => {
  let vcsim: Peer;
  let base: Omit<PowerTarget, 'parameters'>;
  let nodes: readonly ChassisNode[];
  const drivers: PowerDriver[] = [];
  const open = (vm: string, changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createVmwareDriver({ ...base, parameters: { vm }, ...changes });
    drivers.push(driver);
    return driver;
  };

  beforeAll(async () => {
    const address = `127.0.0.1:${await freePort()}`;
    base = {
      ...{ address: `https://${address}`, username: 'user', password: 'pass', secret: {}, bootMode: 'UEFI' },
      tls: { insecureSkipVerify: true },
    };
    const all = [...flags, `-httptest.serve=${address}`, '-E', '/dev/null'];
    vcsim = startPeer(vcsimProgram(), all, scratchDirectory());
    await untilReady(vcsim, async () => {
      nodes = await enumerateVmware({ ...base, parameters: {} }, { log: silentLogger }, signal);
    });
  });
  afterAll(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
    await vcsim?.stop();
  });

  it('are listed with all that is needed to power them', () => {
    expect(nodes).toHaveLength(count);
    for (const node of nodes) {
      expect(node).toMatchObject({
        parameters: { vm: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        macAddresses: [expect.stringMatching(/^00:0c:29(:[0-9a-f]{2}){3}$/)],
        systemUuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        powerState: 'On',
      });
    }
  });

  it.each([
    ['instance UUID', ({ parameters }: ChassisNode) => parameters.vm],
    ['BIOS UUID', ({ systemUuid }: ChassisNode) => systemUuid],
    ['name', ({ name }: ChassisNode) => name],
  ])('are switched by their %s, and only the one', async (__, keyOf) => {
    const driver = open(keyOf(nodes[0]!) ?? '');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(await open(nodes[1]!.name).status(signal)).toBe('On');
    await driver.on(signal);
    // Twice is as good as once.
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
  });

  it('are asked to switch themselves off', async () => {
    const driver = open(nodes[1]!.name);
    await driver.softOff?.(signal);
    await expect.poll(() => driver.status(signal)).toBe('Off');
  });

  it.each(['Network', 'Disk'] as const)('take a boot order that begins with %s', async (device) => {
    await open(nodes[0]!.name).setBootDevice(device, signal);
  });

  it('are said to be missing by name', async () => {
    await expect(open('no such machine').status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
  });

  it('are not shown to nobody', async () => {
    const driver = open(nodes[0]!.name, { password: '' });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
  });

  it('are not spoken about with a stranger', async () => {
    const driver = open(nodes[0]!.name, { tls: { fingerprint: '0'.repeat(64) } });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcTlsFailed' });
  });
});
