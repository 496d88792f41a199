import { ipv4FromNumber } from '../../../domain/net/address.ts';
import { kubeError } from '../../../kube/errors.ts';
import type { ManualTimers } from '../../../kube/manual-timers.ts';
import type { MemoryClient } from '../../../kube/memory-client.ts';
import type { Timers } from '../../../kube/timers.ts';
import { silentLogger } from '../../../log/logger.ts';
import { openLeaseStore } from '../../dhcp4/leases/store.ts';
import { createMemoryDisk, type MemoryDisk } from '../../dhcp4/leases/testing/memory-disk.ts';
import type { DhcpSubnet } from '../../dhcp4/ports.ts';
import { createDhcp4Server } from '../../dhcp4/server.ts';
import { createMemorySockets } from '../../net/memory-sockets.ts';
import {
  createSliceManager,
  type SlicedSubnet,
  type SliceManager,
  type SliceTerm,
} from '../slice-manager.ts';

/** `Cut`: nothing gets through. `Deaf`: requests arrive, answers do not. `Slow`: requests arrive seconds later. */
export type ApiWay = 'Ok' | 'Cut' | 'Deaf' | 'Slow';

/** A rack's DHCP, leases and slices in memory, with everything around it that can go wrong. */
export interface SimulatedRack {
  readonly name: string;
  readonly server: number;
  readonly disk: MemoryDisk;
  api: ApiWay;
  /** Milliseconds that its date is ahead of the true one. */
  wallAhead: number;
  readonly manager: SliceManager | undefined;
  running(): boolean;
  start(): Promise<void>;
  /** SIGKILL: what was written is there at the next start. */
  kill(): void;
  /** The node loses its power; see `MemoryDisk`. */
  losePower(share: number): void;
  /** The process stands still; nothing of it runs, clocks go on. */
  pause(): void;
  resume(): void;
  hear(bytes: Uint8Array, from: number): void;
}

/** What all racks of a simulation have in common. */
export interface Surroundings {
  timers: ManualTimers;
  client: MemoryClient;
  /** As it is now; undefined: it was removed. */
  subnet(): SlicedSubnet | undefined;
  term: SliceTerm;
  dhcpSubnet: DhcpSubnet;
  racks(): readonly string[];
  random(): number;
  /** A datagram of a rack, on the wire. */
  said(bytes: Uint8Array): void;
}

const epoch = 1_800_000_000_000;

/** @param pace how many of its seconds pass in one true second */
export function createSimulatedRack(
  { timers, client, subnet, term, dhcpSubnet, racks, random, said }: Surroundings,
  { name, server, pace }: { name: string; server: number; pace: number },
): SimulatedRack {
  const disk = createMemoryDisk();
  let boots = 0;
  let running: { dead: boolean; deliver(bytes: Uint8Array, from: number): void } | undefined;
  let starting: { dead: boolean } | undefined;
  let manager: SliceManager | undefined;
  let paused = false;
  let late: (() => void)[] = [];
  let ahead = 0;

  const timersAt = (rate: number, process: { dead: boolean }): Timers => ({
    monotonic: () => boots * 1e7 + timers.monotonic() * rate,
    after: (ms, callback) =>
      timers.after(ms / rate, () => {
        if (process.dead) return;
        if (paused) late.push(callback);
        else callback();
      }),
  });

  function connect(process: { dead: boolean }): MemoryClient {
    const fail = (): void => {
      if (process.dead || rack.api === 'Cut') throw kubeError('Unavailable', 'nobody is there');
    };
    const connected = client.connect({
      async before({ verb }) {
        fail();
        if (rack.api !== 'Slow' || verb === 'watch' || verb === 'list') return;
        // Also a request of a process that has died since may still arrive.
        await new Promise<void>((resolve) => timers.after(500 + random() * 4000, resolve));
      },
      after({ verb }) {
        fail();
        if (rack.api === 'Deaf' && verb !== 'list') throw kubeError('Timeout', 'the answer is lost');
      },
    });
    const watch: MemoryClient['watch'] = async function* (resource, options) {
      for await (const event of connected.watch(resource, options)) {
        fail();
        yield event;
      }
    };
    return { ...connected, watch };
  }

  async function start(): Promise<void> {
    const process = { dead: false };
    starting = process;
    const sockets = createMemorySockets({ linkSenders: false });
    const wall = { now: () => epoch + timers.monotonic() + ahead };
    const store = await openLeaseStore({
      directory: 'memory',
      files: disk.mount(process),
      clock: wall,
      timers: timersAt(1, process),
      log: silentLogger,
      compactAbove: 4000,
    });
    const slices = createSliceManager({
      client: connect(process),
      namespace: 'metalwright',
      rackName: name,
      memory: store,
      local: () => [dhcpSubnet.name],
      describe: (wanted) => (wanted === dhcpSubnet.name ? subnet() : undefined),
      racks,
      term,
      wall,
      timers: timersAt(pace, process),
      boot: `${name} ${boots}`,
      newId: () => `${name}-${Math.floor(random() * 1e12)}`,
      random,
      log: silentLogger,
    });
    const network = {
      vlan: 'vlan',
      subnets: [{ ...dhcpSubnet, serverAddress: ipv4FromNumber(server) }],
    };
    const dhcp = createDhcp4Server({
      backend: {
        networkOf: () => network,
        networkOfRelay: () => undefined,
        reservation: () => undefined,
        boot: () => ({ kind: 'None' }),
        seen() {},
      },
      sockets,
      leases: store,
      clock: store.clock,
      tenure: slices,
      log: silentLogger,
      interfaces: () => [],
    });
    sockets.onSent(({ data }) => {
      if (!process.dead) said(data);
    });
    await dhcp.listen('eth0');
    if (process.dead) return;
    starting = undefined;
    slices.start();
    manager = slices;
    running = Object.assign(process, {
      deliver(bytes: Uint8Array, from: number) {
        const arrive = (): void => {
          sockets.deliver({ device: 'eth0', port: 67 }, bytes, { address: ipv4FromNumber(from), port: 68 });
        };
        if (paused) late.push(arrive);
        else arrive();
      },
    });
  }

  function die(): void {
    if (starting !== undefined) starting.dead = true;
    starting = undefined;
    if (running !== undefined) running.dead = true;
    running = undefined;
    manager = undefined;
    paused = false;
    late = [];
  }

  const rack: SimulatedRack = {
    name,
    server,
    disk,
    api: 'Ok',
    get wallAhead() {
      return ahead;
    },
    set wallAhead(ms) {
      ahead = ms;
    },
    get manager() {
      return manager;
    },
    running: () => running !== undefined || starting !== undefined,
    start,
    kill: die,
    losePower(share) {
      die();
      boots += 1;
      disk.losePower(share);
    },
    pause() {
      paused = running !== undefined;
    },
    resume() {
      paused = false;
      for (const callback of late.splice(0)) callback();
    },
    hear: (bytes, from) => running?.deliver(bytes, from),
  };
  return rack;
}
