import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { request } from '../../api/client.ts';
import type { FormReading } from './form.ts';

/** What the scheduler says of a wish; docs/reference/api.md, previewPlacement. */
export interface Preview {
  machines: number;
  fits: number;
  /** Missing: the user may not list machines. */
  names?: readonly string[];
  reason?: string;
  message?: string;
  constraints: readonly {
    constraint: string;
    removed: number;
    left: number;
    quota: boolean;
    message: string;
  }[];
  quotas: readonly {
    name: string;
    pool?: string;
    limits: Readonly<Record<string, number>>;
    used: Readonly<Record<string, number>>;
  }[];
}

/** Asked anew when machines change: the form shows what is so now. */
export function previewQuery(namespace: string, image: string, constraints: FormReading['constraints']) {
  const spec = { image: image === '' ? undefined : image, constraints };
  return queryOptions({
    queryKey: ['derived', 'machines', 'placement', namespace, spec] as const,
    queryFn: ({ signal }) =>
      request<Preview>(`/namespaces/${encodeURIComponent(namespace)}/placements`, {
        method: 'POST',
        body: { spec, names: 5 },
        signal,
      }),
    placeholderData: keepPreviousData,
    enabled: namespace !== '',
    retry: false,
  });
}
