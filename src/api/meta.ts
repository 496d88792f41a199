/** `metav1.OwnerReference`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean | undefined;
  blockOwnerDeletion?: boolean | undefined;
}

/** The part of `metav1.ObjectMeta` that Metalwright reads or writes. */
export interface ObjectMeta {
  name: string;
  namespace?: string | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  generation?: number | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  finalizers?: string[] | undefined;
  ownerReferences?: OwnerReference[] | undefined;
  /** RFC 3339. */
  creationTimestamp?: string | undefined;
  /** RFC 3339; set once deletion was asked for and finalizers are awaited. */
  deletionTimestamp?: string | undefined;
  managedFields?: unknown;
}

/** A custom resource as the API server stores it, defaults filled in. */
export interface CustomResource<Spec, Status> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status | undefined;
}

export const group = 'metalwright.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;

/** Labels and annotations that Metalwright reads or writes. */
export const names = {
  /** Label on a Machine that enlisted itself: the rack that saw it. */
  enlistedBy: 'metalwright.dev/enlisted-by',
  /** Label on a Machine whose BMC comes from the enumeration of a Chassis: the Chassis. */
  chassis: 'metalwright.dev/chassis',
  /** Annotation on a Machine, `namespace/name/uid` of the Allocation that holds it: survives the loss of a status. */
  allocation: 'metalwright.dev/allocation',
  /** Annotation on a Machine: `collectedAt` of the inventory whose changes of hardware a person has taken note of. */
  hardwareAccepted: 'metalwright.dev/hardware-accepted',
  /** Label on a BootImage: the one to prefer among equals. */
  preferred: 'metalwright.dev/preferred',
  /** Finalizer on an Allocation: its machine is released first. */
  releaseFinalizer: 'metalwright.dev/release',
  /** Finalizer on a Machine: refuses to go while an Allocation holds it. */
  machineFinalizer: 'metalwright.dev/machine',
} as const;
