import { type Event, events } from '../../../kube/core-resources.ts';
import { isRecord, stringMember } from '../../../kube/json.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import type { Cluster } from '../../command.ts';
import { ageOf } from '../../output/age.ts';

/** When it was last seen, RFC 3339; '' when nothing says it. */
export function lastSeen(event: Event): string {
  const old: unknown = event;
  const fallback = isRecord(old) ? stringMember(old, 'deprecatedLastTimestamp') : undefined;
  return (
    event.series?.lastObservedTime ?? event.eventTime ?? fallback ?? event.metadata.creationTimestamp ?? ''
  );
}

/** Events about an object, the oldest first. */
export async function eventsAbout(cluster: Cluster, object: KubeObject): Promise<Event[]> {
  const { kind, metadata } = object;
  const { items } = await cluster.client.list(events, {
    // The API server keeps Events about cluster-scoped objects in this namespace.
    namespace: metadata.namespace ?? 'default',
    fieldSelector: `regarding.kind=${kind},regarding.name=${metadata.name}`,
  });
  return sorted(
    items.filter(({ regarding }) => regarding?.kind === kind && regarding.name === metadata.name),
  );
}

/** The oldest first. */
export function sorted(items: readonly Event[]): Event[] {
  return items.toSorted((a, b) => Date.parse(lastSeen(a)) - Date.parse(lastSeen(b)));
}

/** True for an Event about one of our objects. */
export function isOurs({ regarding }: Event): boolean {
  return regarding?.apiVersion?.startsWith('metalwright.dev/') === true;
}

/** Last seen, type, reason, object, message. */
export function eventRow(event: Event, now: number): string[] {
  const { regarding, series, note = '' } = event;
  const object = `${regarding?.kind?.toLowerCase() ?? ''}/${regarding?.name ?? ''}`;
  const message = series === undefined || series.count < 2 ? note : `${note} (${series.count} times)`;
  return [ageOf(lastSeen(event), now), event.type ?? '', event.reason ?? '', object, message];
}
