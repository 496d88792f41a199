import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../config/parse.ts';
import { RackConfiguration } from '../../config/rack.ts';
import { leases } from '../../kube/core-resources.ts';
import type { DhcpSubnet } from '../dhcp4/ports.ts';
import { readSliceLease } from './slice-lease.ts';
import type { SlicedSubnet } from './slice-manager.ts';
import type { SimulatedRack } from './testing/simulated-rack.ts';
import { createSimulation, generator, type Simulation } from './testing/simulation.ts';

const base = 0x0a000000;
/** As racks have it without any setting. */
const { slices: term } = parseConfiguration(RackConfiguration, { METALWRIGHT_RACK_NAME: 'rack-0' });
const whole: SlicedSubnet = {
  name: 'subnet',
  vlan: 'vlan',
  bounds: { start: base, end: base + 63 },
  ranges: [{ start: base + 8, end: base + 31 }],
  leaseSeconds: 600,
};
const dhcpSubnet: DhcpSubnet = {
  name: 'subnet',
  cidr: '10.0.0.0/26',
  dnsServers: [],
  ntpServers: [],
  dynamicRanges: [{ start: '10.0.0.8', end: '10.0.0.31' }],
  leaseSeconds: 600,
  serverAddress: '10.0.0.2',
  bootDisabled: false,
};
/** What the goal allows. */
const goalMs = 60_000;

async function start(options: {
  racks: number;
  subnet?: () => SlicedSubnet | undefined;
  alive?: (racks: readonly SimulatedRack[]) => readonly SimulatedRack[];
}): Promise<Simulation> {
  return createSimulation({
    ...{ clients: 8, term, dhcpSubnet, subnet: () => whole, random: generator(1) },
    ...options,
    paces: Array.from({ length: options.racks }, () => 1),
  });
}

/** Holders of the slices, by the names of their Leases; empty: given back. */
async function holders({ client }: Simulation): Promise<Map<string, string>> {
  const { items } = await client.list(leases, { namespace: 'metalwright' });
  return new Map(items.map((lease) => [lease.metadata.name, readSliceLease(lease).holder]));
}

describe('the slices of a rack that dies, at default terms', () => {
  it.each([
    ['known to be dead', undefined],
    ['still taken for alive', (racks: readonly SimulatedRack[]) => racks],
  ])('are all taken over within a minute, where it is %s', { timeout: 120_000 }, async (_, alive) => {
    const world = await start({ racks: 3, ...(alive === undefined ? {} : { alive }) });
    const [dying] = world.racks;
    // Some of its renewals are a moment old, the worst case.
    await world.pass(23_000);
    const had = [...(await holders(world))].filter(([, holder]) => holder === 'rack-0').map(([name]) => name);
    expect(had.length).toBeGreaterThan(0);
    dying?.kill();
    await world.pass(goalMs);
    const now = await holders(world);
    for (const name of had) expect(now.get(name), name).toMatch(/^rack-[12]$/);
  });

  it('go on for their clients: another rack extends what the dead one gave', {
    timeout: 120_000,
  }, async () => {
    const world = await start({ racks: 2 });
    await world.pass(5_000);
    for (let index = 0; index < 8; index += 1) world.clients.boot(index);
    await world.pass(1_000);
    expect(world.clients.acks()).toBe(8);
    world.racks[0]?.kill();
    await world.pass(goalMs);
    for (let index = 0; index < 8; index += 1) world.clients.extend(index, true);
    await world.pass(1_000);
    expect(world.clients.acks()).toBe(16);
    expect(world.clients.violations).toEqual([]);
  });
});

describe('the slices of what was removed', () => {
  it.each([
    ['a subnet', undefined, 0],
    ['a range', { ...whole, ranges: [{ start: base + 8, end: base + 15 }] }, 1],
  ])(
    'of %s are given back as soon as nobody has an address of it',
    { timeout: 120_000 },
    async (_, after, left) => {
      let subnet: SlicedSubnet | undefined = whole;
      const world = await start({ racks: 2, subnet: () => subnet });
      for (let index = 0; index < 8; index += 1) world.clients.boot(index);
      await world.pass(10_000);
      const [rack] = world.racks;
      subnet = after;
      await world.pass(10_000);
      const inUse = rack?.manager?.status().filter(({ held }) => held > 0) ?? [];
      expect(inUse.length).toBeGreaterThan(0);
      expect([...(await holders(world)).values()].filter((holder) => holder !== '').length).toBeGreaterThan(
        left,
      );
      for (let index = 0; index < 8; index += 1) world.clients.release(index);
      // What was offered is held for a minute.
      await world.pass(80_000);
      const kept = [...(await holders(world)).values()].filter((holder) => holder !== '');
      expect(kept.length).toBeLessThanOrEqual(left);
      expect(world.clients.violations).toEqual([]);
    },
  );
});
