import { randomInt } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { ipv4FromNumber } from '../../domain/net/address.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { listInterfaces } from '../net/interfaces.ts';
import type { DhcpTap, RawSockets } from '../net/raw-sockets.ts';
import type { LinkSender, SocketFactory } from '../net/sockets.ts';
import { encodeProbe } from './foreign-probe.ts';
import { createForeignServers, type ForeignServers, serverOf } from './foreign-servers.ts';
import { decodePacket } from './packet.ts';

/** A DHCP server on one of the rack's networks that is no rack. */
export interface ForeignReport {
  device: string;
  /** Dotted quad. */
  address: string;
  mac: string | undefined;
  /** Milliseconds since the epoch, moved on only now and then: a busy server is no news each second. */
  lastSeen: number;
}

/** What `createForeignWatch` is made of. */
export interface ForeignWatchDeps {
  raw: RawSockets;
  sockets: Pick<SocketFactory, 'openLinkSender'>;
  interfaces: typeof listInterfaces;
  /** Whether a server is a rack of this cluster. */
  isOurs(server: { address: string; mac: string | undefined }): boolean;
  clock: Clock;
  log: Logger;
  /** Between two probes of an interface, give or take a tenth; 0: only listen. */
  probeMs: number;
  timers?: Timers | undefined;
  /** How often what came is read. Default 500 ms. */
  lookMs?: number;
}

/** Looks out for other DHCP servers on the networks that are served. */
export interface ForeignWatch {
  /** Throws CodedError<NetErrorCode>. */
  watch(device: string): void;
  unwatch(device: string): void;
  /** Who was heard within the last three probes, by interface and address. */
  list(): ForeignReport[];
  close(): void;
}

/** A rack that starts says who it is a moment after it has begun to serve. */
const benefitMs = 10_000;
/** Without probes: how long a server may be silent. */
const silenceMs = 15 * 60_000;
/** Of one interface in one look: somebody who floods it is not to have the process. */
const mostAtOnce = 64;
const port = { server: 67, client: 68 } as const;

interface Watched {
  tap: DhcpTap;
  link: LinkSender | undefined;
  servers: ForeignServers;
  stop: (() => void)[];
}

/** See `ForeignWatch`. */
export function createForeignWatch(deps: ForeignWatchDeps): ForeignWatch {
  const { raw, sockets, interfaces, isOurs, clock, log, probeMs, timers = systemTimers, lookMs = 500 } = deps;
  const forgetAfterMs = probeMs > 0 ? 3.5 * probeMs : silenceMs;
  const watched = new Map<string, Watched>();
  /** The time last told of a server, by interface and address. */
  const told = new Map<string, number>();

  function again(entry: Watched, ms: () => number, work: () => void): void {
    let cancel = timers.after(ms(), function turn() {
      work();
      cancel = timers.after(ms(), turn);
    });
    entry.stop.push(() => cancel());
  }

  function listen(device: string, { tap, servers }: Watched): void {
    for (let count = 0; count < mostAtOnce; count += 1) {
      const heard = tap.next();
      if (heard === undefined) return;
      try {
        const server = serverOf(decodePacket(heard.data), heard.source, heard.mac);
        if (server === undefined) continue;
        const address = ipv4FromNumber(server.address);
        if (!isOurs({ address, mac: server.mac })) servers.heard(server, clock.now());
      } catch (error) {
        log.debug({ device, reason: messageOf(error) }, 'heard something that is no DHCP message');
      }
    }
  }

  function probe(device: string, { link }: Watched): void {
    const mac = interfaces().find(({ name }) => name === device)?.mac;
    if (mac === undefined || link === undefined) return;
    try {
      link.send({
        destinationMac: 'ff:ff:ff:ff:ff:ff',
        source: { address: '0.0.0.0', port: port.client },
        destination: { address: '255.255.255.255', port: port.server },
        data: encodeProbe(mac, randomInt(2 ** 32)),
      });
    } catch (error) {
      log.debug({ device, error: messageOf(error) }, 'could not look for foreign DHCP servers');
    }
  }

  /** All racks of a network began together: they do not probe together. */
  const pause = (): number => probeMs * (0.9 + randomInt(2001) / 10_000);

  function reportOf(device: string, { servers }: Watched): ForeignReport[] {
    const now = clock.now();
    return servers.list(now).flatMap(({ address: number, mac, firstAt, lastAt }) => {
      const address = ipv4FromNumber(number);
      // Asked again: a rack may have said who it is since.
      if (now - firstAt < benefitMs || isOurs({ address, mac })) return [];
      const key = `${device} ${address}`;
      const before = told.get(key);
      const isNews = before === undefined || lastAt - before > (probeMs || silenceMs / 3) / 2;
      const lastSeen = isNews ? lastAt : before;
      told.set(key, lastSeen);
      return [{ device, address, mac, lastSeen }];
    });
  }

  function unwatch(device: string): void {
    const entry = watched.get(device);
    if (entry === undefined) return;
    watched.delete(device);
    for (const stop of entry.stop) stop();
    entry.tap.close();
    entry.link?.close();
  }

  return {
    watch(device) {
      if (watched.has(device)) return;
      const tap = raw.openDhcpTap({ device });
      const link = probeMs > 0 ? sockets.openLinkSender({ device }) : undefined;
      const entry: Watched = { tap, link, servers: createForeignServers({ forgetAfterMs }), stop: [] };
      watched.set(device, entry);
      again(
        entry,
        () => lookMs,
        () => listen(device, entry),
      );
      if (probeMs === 0) return;
      let first = true;
      const delay = (): number => {
        const ms = first ? Math.min(2000, pause()) : pause();
        first = false;
        return ms;
      };
      again(entry, delay, () => probe(device, entry));
    },
    unwatch,
    list() {
      const reports = [...watched].flatMap(([device, entry]) => reportOf(device, entry));
      const current = new Set(reports.map(({ device, address }) => `${device} ${address}`));
      for (const key of told.keys()) if (!current.has(key)) told.delete(key);
      return reports.sort((a, b) => (a.device === b.device ? 0 : a.device < b.device ? -1 : 1));
    },
    close() {
      for (const device of [...watched.keys()]) unwatch(device);
    },
  };
}
