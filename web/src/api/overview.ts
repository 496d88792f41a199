import { queryOptions } from '@tanstack/react-query';
import { request } from './client.ts';
import type { Noun } from './resources.ts';

/** What a pool has, and what of it an Allocation could get now. */
export interface Capacity {
  name: string;
  machines: number;
  free: number;
  used: number;
  cores: number;
  freeCores: number;
  memoryMiB: number;
  freeMemoryMiB: number;
}

export interface Trouble {
  kind: 'Failed' | 'Waits' | 'Late';
  name: string;
  phase?: string;
  reason: string;
  message: string;
  /** What to do about it. */
  advice?: string;
  since?: string;
}

export interface ImageNews {
  name: string;
  reason: string;
  message: string;
  advice?: string;
  progress?: { bytes: number; totalBytes?: number; percent?: number };
}

export interface RackNews {
  name: string;
  healthy: boolean;
  silent: boolean;
  lastSeen?: string;
  leases: number;
  failedServices: { name: string; message: string }[];
  foreignDhcpServers: number;
  reason: string;
  message: string;
  advice?: string;
}

/** `GET /api/v1/overview`: what the user may not see is left out, and named in `missing`. */
export interface Overview {
  machines?: {
    total: number;
    byPhase: Record<string, number>;
    byPower: Record<string, number>;
    maintenance: number;
    locked: number;
    capacity: { pools: Capacity[]; zones: Capacity[]; architectures: Capacity[] };
  };
  troubles?: { total: number; items: Trouble[] };
  changes?: { machine: string; phase: string; since: string }[];
  allocations?: { total: number; byPhase: Record<string, number> };
  actions?: { byPhase: Record<string, number> };
  images?: { total: number; ready: number; others: ImageNews[] };
  racks?: RackNews[];
  missing: { part: string; reason: string; detail: string }[];
}

/** What the overview is made of. */
export const overviewNouns = [
  'machines',
  'allocations',
  'machine-actions',
  'images',
  'racks',
] as const satisfies Noun[];

/** Asked for anew when what it is made of changes; and now and then, since a rack that says nothing changes nothing. */
export const overviewQuery = queryOptions({
  queryKey: ['derived', overviewNouns, 'overview'] as const,
  queryFn: ({ signal }) => request<Overview>('/overview', { signal }),
  refetchInterval: 60_000,
});
