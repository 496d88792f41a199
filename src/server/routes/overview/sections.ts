import { allocationKind } from '../../../api/allocation/schema.ts';
import { bootImageKind } from '../../../api/boot-image/schema.ts';
import { findCondition, isTrue } from '../../../api/conditions.ts';
import { type Machine, machineKind } from '../../../api/machine/schema.ts';
import { machineActionKind } from '../../../api/machine-action/schema.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import type { Caches } from '../../caches.ts';
import { remembered } from '../../remembered.ts';
import { countsOf, figuresOf } from './figures.ts';
import { byGravity, said, troubleOf } from './troubles.ts';

const mostTroubles = 100;
const mostChanges = 20;
/** A rack renews its status every minute. */
const silentMs = 180_000;

/** The sections of the overview, each from the cache of one resource, and worked out once for each state of it. */
export function createSections(caches: Caches) {
  const of = <T>(noun: string, compute: () => T): (() => T) =>
    remembered(() => caches.revision(noun), compute);
  return {
    machines: of('machines', () => {
      const machines = caches.of('machines').list().map(machineKind.parse);
      const troubles = machines.flatMap((machine) => troubleOf(machine) ?? []).sort(byGravity);
      const changes = latestOf(machines).map(({ metadata: { name }, status }) => ({
        machine: name,
        phase: status?.phase ?? 'Unknown',
        since: status?.phaseSince ?? '',
        href: `/api/v1/machines/${name}`,
      }));
      return {
        machines: figuresOf(machines),
        troubles: { total: troubles.length, items: troubles.slice(0, mostTroubles) },
        changes,
      };
    }),
    allocations: of('allocations', () => {
      const allocations = caches.of('allocations').list().map(allocationKind.parse);
      return {
        total: allocations.length,
        byPhase: countsOf(allocations.map(({ status }) => status?.phase ?? 'Pending')),
      };
    }),
    actions: of('machine-actions', () => {
      const actions = caches.of('machine-actions').list().map(machineActionKind.parse);
      return { byPhase: countsOf(actions.map(({ status }) => status?.phase ?? 'Pending')) };
    }),
    images: of('images', () => {
      const images = caches.of('images').list().map(bootImageKind.parse);
      const ready = images.filter(({ status }) => isTrue(status?.conditions, 'Ready'));
      return {
        total: images.length,
        ready: ready.length,
        others: images
          .filter((image) => !ready.includes(image))
          .map(({ metadata: { name }, status }) => ({
            name,
            ...saidOf(findCondition(status?.conditions, 'Ready')),
            ...(status?.progress === undefined ? {} : { progress: status.progress }),
            href: `/api/v1/images/${name}`,
          })),
      };
    }),
    /** @param now milliseconds since the epoch: a rack that was not heard for long is not well, whatever it last said */
    racks(now: number) {
      const racks = caches.of('racks').list().map(rackKind.parse);
      return racks.map(({ metadata: { name }, status }) => {
        const ready = findCondition(status?.conditions, 'Ready');
        const silent = status?.lastSeen === undefined || now - Date.parse(status.lastSeen) > silentMs;
        const services = (status?.services ?? []).filter(({ state }) => state === 'Failed');
        return {
          name,
          healthy: ready?.status === 'True' && !silent && services.length === 0,
          silent,
          ...saidOf(ready),
          ...(status?.lastSeen === undefined ? {} : { lastSeen: status.lastSeen }),
          leases: status?.leases ?? 0,
          failedServices: services.map((service) => ({
            name: service.name,
            message: service.message ?? '',
          })),
          foreignDhcpServers: status?.foreignDhcpServers?.length ?? 0,
          href: `/api/v1/racks/${name}`,
        };
      });
    },
  };
}

/** The machines that came into their phases last, the latest first. */
function latestOf(machines: readonly Machine[]): Machine[] {
  const sinceOf = ({ status }: Machine): string => status?.phaseSince ?? '';
  const latest: Machine[] = [];
  for (const machine of machines) {
    const last = latest.at(-1);
    if (sinceOf(machine) === '') continue;
    if (latest.length === mostChanges && last !== undefined && sinceOf(machine) <= sinceOf(last)) continue;
    const at = latest.findIndex((other) => sinceOf(other) < sinceOf(machine));
    latest.splice(at < 0 ? latest.length : at, 0, machine);
    if (latest.length > mostChanges) latest.pop();
  }
  return latest;
}

function saidOf(condition: ReturnType<typeof findCondition>) {
  if (condition === undefined) return { reason: 'Pending', message: 'Nothing was said of it yet.' };
  const { since: _since, ...rest } = said(condition);
  return rest;
}
