import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { BootTokens } from '../boot-token/boot-tokens.ts';
import type { Route } from '../http/answer.ts';
import type { Sightings } from '../http-boot/sightings.ts';
import { authorityRoute } from './authority-route.ts';
import { bmcOfferRoute, bmcReportRoute } from './bmc-routes.ts';
import { enlistmentRoute } from './enlistment-route.ts';
import type { RackMachines } from './ports.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { sessionRoute } from './session-routes.ts';
import { createTaskReports, type TaskReports } from './task-reports.ts';
import { eventRoute, resultRoute, taskRoute } from './task-routes.ts';

/** What the routes of the agent's API work with. */
export interface AgentApiDeps {
  machines: RackMachines;
  tokens: BootTokens;
  sightings: Sightings;
  reports: TaskReports;
  /** Events of one address: what it does is told, not how often. */
  eventRate: RateLimit;
  enlistRate: RateLimit;
  mostPendingEnlistments: number;
  clock: Clock;
  log: Logger;
}

/** What `agentRoutes` is made of. */
export interface AgentRoutesDeps
  extends Omit<AgentApiDeps, 'reports' | 'enlistRate' | 'mostPendingEnlistments'> {
  timers: Timers;
  /** Whose certificates agents take. Default: they speak HTTP. */
  agentTls?: { authority(): X509Certificate | undefined };
  /** Above so many unapproved machines no more are taken. Default 100. */
  mostPendingEnlistments?: number;
}

/** Everything below `/agent/v1`. */
export function agentRoutes(deps: AgentRoutesDeps): Route[] {
  const { machines, timers, log, clock } = deps;
  const api: AgentApiDeps = {
    ...deps,
    reports: createTaskReports({ machines, timers, log }),
    enlistRate: createRateLimit({ clock, windowMs: 60_000, perKey: 6, total: 120 }),
    mostPendingEnlistments: deps.mostPendingEnlistments ?? 100,
  };
  return [
    authorityRoute(deps.agentTls?.authority),
    enlistmentRoute(api),
    sessionRoute(api),
    taskRoute(api),
    eventRoute(api),
    resultRoute(api),
    bmcReportRoute(api),
    bmcOfferRoute(api),
  ];
}
