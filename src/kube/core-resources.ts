import type { KubeObject, Resource } from './resource.ts';

/** `v1` Secret. Values are base64; `stringData` is for writing only. */
export interface Secret extends KubeObject {
  type?: string | undefined;
  data?: Record<string, string> | undefined;
  stringData?: Record<string, string> | undefined;
  immutable?: boolean | undefined;
}

export const secrets: Resource<Secret> = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
};

/** `v1` Namespace. */
export interface Namespace extends KubeObject {
  status?: { phase?: string | undefined } | undefined;
}

export const namespaces: Resource<Namespace> = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

/** `v1` ConfigMap. */
export interface ConfigMap extends KubeObject {
  data?: Record<string, string> | undefined;
}

export const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

/** `coordination.k8s.io/v1` Lease. Times are RFC 3339 with microseconds. */
export interface Lease extends KubeObject {
  spec?:
    | {
        holderIdentity?: string | undefined;
        leaseDurationSeconds?: number | undefined;
        acquireTime?: string | undefined;
        renewTime?: string | undefined;
        leaseTransitions?: number | undefined;
      }
    | undefined;
}

export const leases: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** `events.k8s.io/v1` Event. */
export interface Event extends KubeObject {
  /** RFC 3339 with microseconds. */
  eventTime?: string | undefined;
  reportingController?: string | undefined;
  reportingInstance?: string | undefined;
  action?: string | undefined;
  reason?: string | undefined;
  regarding?: ObjectReference | undefined;
  note?: string | undefined;
  type?: 'Normal' | 'Warning' | undefined;
  series?: { count: number; lastObservedTime: string } | undefined;
}

/** `v1` ObjectReference: which object an Event is about. */
export interface ObjectReference {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

export const events: Resource<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};
