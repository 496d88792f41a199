import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { request } from '../../api/client.ts';
import { ProblemError } from '../../api/problem.ts';

/** One write through the REST API. */
export interface AuditItem {
  /** RFC 3339. */
  at: string;
  id: string;
  user: string;
  /** create, replace, patch or delete. */
  verb: string;
  /** The noun of the path. */
  resource: string;
  namespace?: string;
  name?: string;
  dryRun: boolean;
  /** Done, or the code of the problem. */
  outcome: string;
  message?: string;
  requestId: string;
  details?: {
    /** Machines of an order for many. */
    names?: readonly string[];
    action?: string;
    machine?: string;
    /** Of the spec that were sent. */
    fields?: readonly string[];
    from?: { address?: string; by?: string; agent?: string };
  };
}

/** One thing that happened. */
export interface FoundItem {
  at: string;
  id: string;
  /** Event, Step, Phase, Action, Power, Result or Address. */
  kind: string;
  severity: 'Normal' | 'Warning';
  subject: { kind: string; namespace?: string; name: string };
  reason: string;
  message: string;
  count?: number;
}

interface HistoryPage<T> {
  items: T[];
  next?: string;
}

/** A list of the history, newest first, page by page. Nothing watches it: it is asked again when the page is. */
export function historyQuery<T>(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
  limit = 50,
) {
  return infiniteQueryOptions({
    queryKey: ['history', path, parameters] as const,
    queryFn: ({ pageParam, signal }) =>
      request<HistoryPage<T>>(path, { query: { ...parameters, limit, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: (count, error) => isAway(error) && count < 2,
  });
}

/** Who wrote what. */
export function auditQuery(parameters: Readonly<Record<string, string | undefined>>) {
  return historyQuery<AuditItem>('/history/audit', parameters);
}

/** What has all words of `q` in it. */
export function searchQuery(parameters: Readonly<Record<string, string | undefined>>) {
  return historyQuery<FoundItem>('/search', parameters);
}

/** The server keeps history, and cannot read it now: it says when to ask again. */
export function isAway(error: unknown): boolean {
  return isUnavailable(error) && error.retryAfterSeconds !== undefined;
}

/** The server keeps none. */
export function keepsNone(error: unknown): boolean {
  return isUnavailable(error) && error.retryAfterSeconds === undefined;
}

function isUnavailable(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.code === 'HistoryUnavailable';
}
