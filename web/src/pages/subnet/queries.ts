import { queryOptions } from '@tanstack/react-query';
import { request } from '../../api/client.ts';

/** A stretch of a subnet with one use. */
export interface Segment {
  first: string;
  last: string;
  /** A decimal number: an IPv6 subnet has more than a number can hold. */
  size: string;
  use: 'Gateway' | 'Reserved' | 'Dynamic' | 'Assigned' | 'Free';
  /** Of an address that somebody has. */
  address?: AssignedAddress;
}

export interface AssignedAddress {
  /** Of the IPAddress. */
  name: string;
  purpose: string;
  machine?: string;
  mac?: string;
  hostname?: string;
}

export interface SubnetMap {
  cidr: string;
  segments: Segment[];
  /** Where it goes on; undefined: this is all. */
  next?: string;
}

/** Enough for a subnet of 4096 addresses, each with a use of its own. */
const mostSegments = 4_500;

/** How the addresses of a subnet are used, in order and without gaps. */
export function mapQuery(name: string) {
  return queryOptions({
    queryKey: ['derived', ['subnets', 'ip-addresses'], 'map', name] as const,
    queryFn: ({ signal }) =>
      request<SubnetMap>(`/subnets/${encodeURIComponent(name)}/map`, {
        query: { limit: mostSegments },
        signal,
      }),
  });
}

export interface Lease {
  address: string;
  mac: string;
  hostname?: string;
  /** Offered, Bound, Released, Declined or Expired. */
  state: string;
  /** When it ends, or ended. */
  end: string;
  rack: string;
}

export interface Leases {
  items: Lease[];
  next?: string;
  /** Every rack has answered. */
  complete: boolean;
  racks: { name: string; state: string; detail?: string }[];
}

/** Racks are asked at that moment, and again and again: leases are no objects, nothing says when one changes. */
export function leasesQuery(name: string) {
  return queryOptions({
    queryKey: ['derived', ['racks'], 'leases', name] as const,
    queryFn: ({ signal }) =>
      request<Leases>(`/subnets/${encodeURIComponent(name)}/leases`, { query: { limit: 500 }, signal }),
    refetchInterval: 15_000,
    retry: false,
  });
}

/** The lowest address that nobody has. */
export function nextFreeQuery(name: string) {
  return queryOptions({
    queryKey: ['derived', ['subnets', 'ip-addresses'], 'next-free', name] as const,
    queryFn: ({ signal }) =>
      request<{ address: string }>(`/subnets/${encodeURIComponent(name)}/next-free-address`, { signal }),
    staleTime: 0,
    retry: false,
  });
}
