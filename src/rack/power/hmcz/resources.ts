import { z } from 'zod';

/** A path on the HMC. */
const Uri = z.string().regex(/^\/api\/[A-Za-z0-9/_.-]+$/);

/** List CPC Objects. */
export const Cpcs = z.object({
  cpcs: z.array(z.object({ name: z.string(), 'object-uri': Uri, 'dpm-enabled': z.boolean().optional() })),
});

/** List Partitions of a CPC. */
export const Partitions = z.object({
  partitions: z.array(z.object({ name: z.string(), 'object-uri': Uri, status: z.string() })),
});

/** Get Partition Properties: of them what is needed. */
export const Partition = z.object({
  status: z.string(),
  'nic-uris': z.array(Uri).default([]),
  'storage-group-uris': z.array(Uri).default([]),
  'boot-network-device': Uri.nullish(),
  'boot-storage-volume': Uri.nullish(),
  'boot-storage-device': Uri.nullish(),
});
export type Partition = z.infer<typeof Partition>;

/** Get NIC Properties. */
export const Nic = z.object({ 'mac-address': z.string().nullish() });

/** Get Storage Group Properties, and of one of its volumes. */
export const StorageGroup = z.object({ 'storage-volume-uris': z.array(Uri).default([]) });
export const StorageVolume = z.object({ usage: z.string().nullish() });

/** What starting and stopping answer with: they are done later. */
export const Started = z.object({ 'job-uri': Uri.optional() });

/** Query Job Status. */
export const Job = z.object({
  status: z.string(),
  'job-status-code': z.int().nullish(),
  'job-results': z.object({ message: z.string().optional() }).nullish(),
});

/** Of an answer whose content does not matter. */
export const Anything = z.unknown();
