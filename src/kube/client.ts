import { loadKubeConfig, readCredentials } from './kubeconfig.ts';
import type { ApplyObject, CreateObject, DeepPartial, KubeObject, MergePatch, Resource } from './resource.ts';
import { createKubeClientOver } from './rest-client.ts';
import { createTransport } from './transport.ts';
import type { WatchEvent } from './watch.ts';

export interface ListOptions {
  /** Without it, over all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects asked for at a time. Default 500. */
  pageSize?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called for an object that the resource's `parse` refuses. Default: the whole list fails. */
  onUnreadable?: ((error: unknown, key: { name: string; namespace: string | undefined }) => void) | undefined;
  /** Called for each object as its page comes: what it takes away is not held until the last page is there. */
  onObject?: ((object: KubeObject) => void) | undefined;
}

export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Events after this version. */
  resourceVersion: string;
  /** When the server ends the watch by itself, in seconds. Default 300. */
  timeoutSeconds?: number | undefined;
  /** Silence after which the watch is given up, in milliseconds: bookmarks come every minute. Default 75,000. */
  inactivityTimeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ApplyOptions {
  /** The owner of the fields in this object: one a controller. */
  fieldManager: string;
  /** Take fields from other managers. Default true. */
  force?: boolean | undefined;
}

export interface WriteOptions {
  namespace?: string | undefined;
  /** The API server checks it all, and writes nothing. */
  dryRun?: boolean | undefined;
  fieldManager?: string | undefined;
}

export interface DeleteOptions {
  namespace?: string | undefined;
  /** The object must still be this one. Errors: Conflict when it is not. */
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  dryRun?: boolean | undefined;
}

/**
 * The operations on Kubernetes objects. Every failure is a KubeError; those that callers meet in normal work are named at each operation.
 * Every request ends within the request timeout.
 */
export interface KubeClient {
  /** undefined when there is no such object. */
  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T | undefined>;
  /** All pages of a list, read at one resource version. */
  list<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /** Errors: AlreadyExists, Invalid. */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: CreateObject<T>,
    options?: { fieldManager?: string | undefined; dryRun?: boolean | undefined },
  ): Promise<T>;
  /**
   * Server-side apply: makes the object when it is missing, and takes away fields that this manager applied before and now leaves out.
   * Preconditions, when set: `metadata.resourceVersion` (an object that exists has this version; a missing one is made all the same)
   * and `metadata.uid` (the object exists and is this one). Set both to change only what was seen. Errors: Conflict, Invalid.
   */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: ApplyObject<T>,
    options: ApplyOptions,
  ): Promise<T>;
  /** As apply, for the status subresource. Errors: Conflict, Invalid, NotFound. */
  applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: ApplyObject<T>,
    options: ApplyOptions,
  ): Promise<T>;
  /** JSON merge patch. `metadata.resourceVersion`, when set, is a precondition. Errors: Conflict, Invalid, NotFound. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    patch: MergePatch<DeepPartial<T>>,
    options?: WriteOptions,
  ): Promise<T>;
  /** As patch, for the status subresource. */
  patchStatus<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    patch: MergePatch<DeepPartial<T>>,
    options?: WriteOptions,
  ): Promise<T>;
  /** Replaces the whole object; its resource version is the precondition. Errors: Conflict, Invalid, NotFound. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: { fieldManager?: string | undefined },
  ): Promise<T>;
  /** Done also when there is no such object. Errors: Conflict when a precondition does not hold. */
  delete(resource: Resource<KubeObject>, name: string, options?: DeleteOptions): Promise<void>;
  /**
   * Changes after a version, with bookmarks. Ends when the server ends it. Errors: Gone when the version is too old, Timeout
   * when nothing came for too long, Unavailable when the connection broke, Stopped when the signal was aborted.
   */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export interface KubeClientOptions {
  /** A kubeconfig file; without it `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfigPath?: string | undefined;
  /** No request but a watch takes longer, in milliseconds. Default 30,000. */
  requestTimeoutMs?: number | undefined;
}

/** Errors: KubeconfigInvalid. Nothing is sent yet. */
export function createKubeClient(options: KubeClientOptions = {}): KubeClient {
  const config = loadKubeConfig(options.kubeconfigPath);
  return createKubeClientOver(
    createTransport(() => readCredentials(config)),
    options.requestTimeoutMs ?? 30_000,
  );
}
