import { findCondition, mergeConditions, readiness } from '../../api/conditions.ts';
import { apiVersion } from '../../api/meta.ts';
import { rackKind } from '../../api/rack/schema.ts';
import { createRenewals } from '../../domain/renewals.ts';
import type { Controller } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';

/** Takes the conditions over from a rack that has gone silent; the rack takes them back when it returns. */
const manager = 'metalwright-rack-watch';

const leasePrefix = 'rack-';
/** Of a rack that has no Lease. */
const defaultLeaseSeconds = 40;

/**
 * Notices racks that have stopped renewing their Lease, by this process's own clock: no rack is silent before it was watched for as
 * long as its Lease lasts.
 */
export function createRackController(deps: ControllerDeps & { namespace: string }): Controller {
  const { racks, leases } = deps.informers;
  const renewals = createRenewals();

  async function declareSilent(name: string, message: string): Promise<void> {
    const rack = racks.get(name);
    if (rack === undefined || findCondition(rack.status?.conditions, 'Ready')?.reason === 'RackSilent')
      return;
    const { uid, generation } = rack.metadata;
    const silent = readiness('Stalled', 'RackSilent', message);
    const conditions = mergeConditions(rack.status?.conditions, silent, generation, deps.clock.now());
    try {
      deps.fence.assertHeld();
      await deps.client.applyStatus(
        rackKind,
        { metadata: { name, uid }, status: { conditions } },
        { fieldManager: manager },
      );
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return;
      throw error;
    }
    deps.events.event({ apiVersion, kind: 'Rack', name, uid }, 'Warning', 'RackSilent', message);
  }

  return fencedController(
    deps,
    'rack',
    async (name) => {
      if (racks.get(name) === undefined) {
        renewals.forget(name);
        return undefined;
      }
      const { renewTime, leaseDurationSeconds } = leases.get(leasePrefix + name, deps.namespace)?.spec ?? {};
      const now = deps.clock.now();
      renewals.saw(name, renewTime, now);
      const lastsMs = (leaseDurationSeconds ?? defaultLeaseSeconds) * 1000;
      const left = lastsMs - (renewals.silence(name, now) ?? 0);
      if (left > 0) return { requeueAfterMs: left + 100 };
      await declareSilent(name, `last heard ${renewTime ?? 'never'}: look at its pod and node`);
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
