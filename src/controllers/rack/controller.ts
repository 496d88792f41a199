import { findCondition, mergeConditions, readiness } from '../../api/conditions.ts';
import { apiVersion } from '../../api/meta.ts';
import { rackKind } from '../../api/rack/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';

/** Takes the conditions over from a rack that has gone silent; the rack takes them back when it returns. */
const manager = 'metalwright-rack-watch';

const leasePrefix = 'rack-';

/**
 * Milliseconds until a rack counts as silent; 0 or less: it does already.
 *
 * @param renewTime RFC 3339, of the rack's Lease
 */
export function timeLeft(renewTime: string | undefined, leaseSeconds: number, now: number): number {
  if (renewTime === undefined) return 0;
  return Date.parse(renewTime) + leaseSeconds * 1000 - now;
}

/** Notices racks that have stopped renewing their Lease. */
export function createRackController(deps: ControllerDeps & { namespace: string }): Controller {
  const { racks, leases } = deps.informers;
  return fencedController(
    deps,
    'rack',
    async (name) => {
      const rack = racks.get(name);
      if (rack === undefined) return undefined;
      const lease = leases.get(`${leasePrefix}${name}`, deps.namespace);
      const now = deps.clock.now();
      const left = timeLeft(lease?.spec?.renewTime, lease?.spec?.leaseDurationSeconds ?? 40, now);
      if (left > 0) return { requeueAfterMs: left + 1000 };
      if (findCondition(rack.status?.conditions, 'Ready')?.reason === 'RackSilent') return undefined;
      const message = `last heard ${lease?.spec?.renewTime ?? 'never'}: look at its pod and node`;
      const conditions = mergeConditions(
        rack.status?.conditions,
        readiness('Stalled', 'RackSilent', message),
        rack.metadata.generation,
        now,
      );
      await deps.client.applyStatus(
        rackKind,
        { metadata: { name }, status: { conditions } },
        { fieldManager: manager },
      );
      deps.events.event(
        { apiVersion, kind: 'Rack', name, uid: rack.metadata.uid },
        'Warning',
        'RackSilent',
        message,
      );
      return undefined;
    },
    (controller) => [
      watchInto(controller, racks),
      watchInto(controller, leases, ({ metadata }) =>
        metadata.name.startsWith(leasePrefix) ? [metadata.name.slice(leasePrefix.length)] : [],
      ),
    ],
  );
}
