import type { Clock } from '../../domain/clock.ts';
import type { DhcpSighting } from '../dhcp4/ports.ts';

/** A machine that DHCP gave an address. */
export interface Sighting extends DhcpSighting {
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * Who this rack's DHCP served lately. An address belongs to the MAC address that was last acknowledged on it, a MAC address
 * may have several.
 */
export interface Sightings {
  /** Offers are left out: an offer costs a stranger one packet, and nobody has to hold its address. */
  seen(sighting: DhcpSighting): void;
  byAddress(address: string): Readonly<Sighting> | undefined;
  /** The latest of a MAC address. */
  byMac(mac: string): Readonly<Sighting> | undefined;
}

/** What `createSightings` is made of. */
export interface SightingsDeps {
  clock: Clock;
  /** How long a sighting counts. Default 10 minutes. */
  lifetimeMs?: number;
  /** Above so many addresses the oldest go. Default 65536. */
  most?: number;
}

export function createSightings({
  clock,
  lifetimeMs = 10 * 60_000,
  most = 65_536,
}: SightingsDeps): Sightings {
  const addresses = new Map<string, Sighting>();
  const latest = new Map<string, string>();

  function current(address: string | undefined): Sighting | undefined {
    const sighting = address === undefined ? undefined : addresses.get(address);
    if (sighting === undefined || clock.now() - sighting.at > lifetimeMs) return undefined;
    return sighting;
  }

  function drop(sighting: Sighting): void {
    addresses.delete(sighting.address);
    if (latest.get(sighting.mac) === sighting.address) latest.delete(sighting.mac);
  }

  return {
    byAddress: current,
    byMac(mac) {
      const sighting = current(latest.get(mac));
      return sighting?.mac === mac ? sighting : undefined;
    },
    seen(sighting) {
      if (sighting.stage !== 'Ack') return;
      const { mac, address } = sighting;
      const before = addresses.get(address);
      if (before !== undefined) drop(before);
      // An operating system says nothing of the firmware that started it: what the firmware said is kept.
      const architecture = sighting.architecture ?? (before?.mac === mac ? before.architecture : undefined);
      addresses.set(address, { ...sighting, architecture, at: clock.now() });
      latest.set(mac, address);
      // Maps keep the order of insertion: the first is the oldest.
      for (const oldest of addresses.values()) {
        if (addresses.size <= most && clock.now() - oldest.at <= lifetimeMs) break;
        drop(oldest);
      }
    },
  };
}
