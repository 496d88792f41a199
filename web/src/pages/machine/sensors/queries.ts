import { queryOptions } from '@tanstack/react-query';
import { request } from '../../../api/client.ts';

/** What sensors read last, from the rack that asks the BMC. */
export interface CurrentSensors {
  rack?: string;
  at?: string;
  sensors: { name: string; kind: string; unit: string; value: number }[];
  /** Why there are none. */
  detail?: string;
  /** Whether the server keeps what they read over time. */
  history: boolean;
}

/** What a sensor read over time. */
export interface SensorSeries {
  name: string;
  kind: string;
  unit: string;
  /** The begin of a step in seconds since 1970; mean, least and most of what was read in it. */
  points: readonly (readonly [at: number, mean: number, least: number, most: number])[];
}

export interface SensorHistory {
  since: string;
  until: string;
  stepSeconds: number;
  series: SensorSeries[];
}

/** How far one looks back, in hours. */
export const periods = { '6 hours': 6, 'a day': 24, 'a week': 168, 'a month': 720 } as const;
export type Period = keyof typeof periods;

/** Racks read once in five minutes. */
const staleTime = 60_000;

export function currentSensorsQuery(machine: string) {
  return queryOptions({
    queryKey: ['sensors', machine] as const,
    queryFn: ({ signal }) =>
      request<CurrentSensors>(`/machines/${encodeURIComponent(machine)}/sensors`, { signal }),
    staleTime,
  });
}

export function sensorHistoryQuery(machine: string, period: Period) {
  return queryOptions({
    queryKey: ['sensor-history', machine, period] as const,
    queryFn: ({ signal }) => {
      const until = Date.now();
      const query = {
        since: new Date(until - periods[period] * 3_600_000).toISOString(),
        until: new Date(until).toISOString(),
      };
      const path = `/history/machines/${encodeURIComponent(machine)}/sensors`;
      return request<SensorHistory>(path, { query, signal });
    },
    staleTime,
  });
}
