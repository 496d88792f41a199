import { createManualTimers, type ManualTimers } from '../../../kube/manual-timers.ts';
import { createMemoryClient, type MemoryClient } from '../../../kube/memory-client.ts';
import type { DhcpSubnet } from '../../dhcp4/ports.ts';
import type { SlicedSubnet, SliceTerm } from '../slice-manager.ts';
import { createSimulatedClients, type SimulatedClients } from './simulated-clients.ts';
import { createSimulatedRack, type SimulatedRack } from './simulated-rack.ts';

/** Some racks and clients on one wire, with an API server, in memory. */
export interface Simulation {
  timers: ManualTimers;
  client: MemoryClient;
  racks: readonly SimulatedRack[];
  clients: SimulatedClients;
  /** Lets time pass; clients do what is due meanwhile. */
  pass(ms: number): Promise<void>;
}

/** What a simulation is made of. */
export interface SimulationOptions {
  /** The pace of each rack's clock: how many of its seconds pass in one true second. */
  paces: readonly number[];
  clients: number;
  term: SliceTerm;
  dhcpSubnet: DhcpSubnet;
  /** As it is now; undefined: it was removed. */
  subnet(): SlicedSubnet | undefined;
  /** Which racks count as alive to the others. Default: those that run. */
  alive?(racks: readonly SimulatedRack[]): readonly SimulatedRack[];
  random(): number;
}

/** Racks `rack-0` and so on, with the first addresses of the subnet, started. */
export async function createSimulation(options: SimulationOptions): Promise<Simulation> {
  const { paces, term, dhcpSubnet, subnet, random } = options;
  const { alive = (all) => all.filter((rack) => rack.running()) } = options;
  const timers = createManualTimers();
  const client = createMemoryClient({ clock: { now: () => timers.monotonic() } });
  const racks: SimulatedRack[] = [];
  const clients = createSimulatedClients(
    options.clients,
    () => timers.monotonic(),
    (bytes, from, server) => {
      for (const rack of racks) if (server === undefined || rack.server === server) rack.hear(bytes, from);
    },
  );
  const surroundings = {
    ...{ timers, client, dhcpSubnet, subnet, term, random },
    racks: () => alive(racks).map(({ name }) => name),
    said: (bytes: Uint8Array) => clients.hear(bytes),
  };
  const base = subnet()?.bounds.start ?? 0;
  for (const [index, pace] of paces.entries()) {
    racks.push(createSimulatedRack(surroundings, { name: `rack-${index}`, server: base + 1 + index, pace }));
  }
  for (const rack of racks) await rack.start();
  await timers.advance(3000);
  return {
    ...{ timers, client, racks, clients },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 2500) {
        await timers.advance(Math.min(left, 2500));
        clients.tick();
      }
    },
  };
}

/** A small generator of numbers from 0 to 1, so that a failing run can be repeated. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
