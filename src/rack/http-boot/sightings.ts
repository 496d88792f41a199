import type { Clock } from '../../domain/clock.ts';
import type { DhcpSighting } from '../dhcp4/ports.ts';
import { type Neighbour, neighboursAt } from '../net/neighbours.ts';

/** A machine that DHCP gave an address. */
export interface Sighting extends DhcpSighting {
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * Who this rack's DHCP served lately, and in mode Proxy who said which address another server gave it. The latter is a
 * claim, that anybody on the network can make for any machine: it counts only where the kernel's neighbour table has
 * found the claimed MAC address at that address, on that interface.
 * An address belongs to the MAC address that was last acknowledged on it, a MAC address
 * may have several.
 */
export interface Sightings {
  /** Offers are left out: an offer costs a stranger one packet, and nobody has to hold its address. */
  seen(sighting: DhcpSighting): void;
  byAddress(address: string): Readonly<Sighting> | undefined;
  /** The latest of a MAC address, a mere claim included: for what it says of itself, not as a proof. */
  byMac(mac: string): Readonly<Sighting> | undefined;
}

/** What `createSightings` is made of. */
export interface SightingsDeps {
  clock: Clock;
  /** How long a sighting counts. Default 10 minutes. */
  lifetimeMs?: number;
  /** Above so many addresses the oldest go. Default 65536. */
  most?: number;
  /** Whom the kernel found at an address; for tests. */
  neighbours?: (address: string) => readonly Neighbour[];
}

export function createSightings({
  clock,
  lifetimeMs = 10 * 60_000,
  most = 65_536,
  neighbours = neighboursAt,
}: SightingsDeps): Sightings {
  const addresses = new Map<string, Sighting>();
  /** By address and MAC address: one claim does not push another away. */
  const claims = new Map<string, Sighting>();
  const latest = new Map<string, string>();
  const latestClaims = new Map<string, string>();

  function current(address: string | undefined): Sighting | undefined {
    const sighting = address === undefined ? undefined : addresses.get(address);
    return sighting !== undefined && isCurrent(sighting) ? sighting : undefined;
  }

  function isCurrent({ at }: Sighting): boolean {
    return clock.now() - at <= lifetimeMs;
  }

  function claimed(address: string): Sighting | undefined {
    for (const { mac, device } of claims.size === 0 ? [] : neighbours(address)) {
      const claim = claims.get(claimKey(address, mac));
      if (claim !== undefined && claim.device === device && isCurrent(claim)) return claim;
    }
    return undefined;
  }

  function claim(sighting: DhcpSighting): void {
    const key = claimKey(sighting.address, sighting.mac);
    const architecture = sighting.architecture ?? claims.get(key)?.architecture;
    claims.delete(key);
    claims.set(key, { ...sighting, architecture, at: clock.now() });
    latestClaims.set(sighting.mac, key);
    for (const [oldest, entry] of claims) {
      if (claims.size <= most && isCurrent(entry)) break;
      claims.delete(oldest);
      if (latestClaims.get(entry.mac) === oldest) latestClaims.delete(entry.mac);
    }
  }

  function drop(sighting: Sighting): void {
    addresses.delete(sighting.address);
    if (latest.get(sighting.mac) === sighting.address) latest.delete(sighting.mac);
  }

  return {
    byAddress: (address) => current(address) ?? claimed(address),
    byMac(mac) {
      const sighting = current(latest.get(mac));
      if (sighting?.mac === mac) return sighting;
      const claim = claims.get(latestClaims.get(mac) ?? '');
      return claim !== undefined && isCurrent(claim) ? claim : undefined;
    },
    seen(sighting) {
      if (sighting.stage !== 'Ack') return;
      if (sighting.overheard) {
        claim(sighting);
        return;
      }
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

function claimKey(address: string, mac: string): string {
  return `${address} ${mac}`;
}
