import { z } from 'zod';
import {
  Architecture,
  Conditions,
  cel,
  Digest,
  immutable,
  KernelArguments,
  ObservedGeneration,
  Timestamp,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const ImageSource = z
  .object({
    http: z
      .object({
        url: z
          .string()
          .max(2048)
          .regex(/^https?:\/\/[^\s]+$/)
          .describe('Where it is: https://images.example.com/debian-12.raw.zst.'),
      })
      .optional()
      .describe('Fetched by the racks from a web server.'),
    file: z
      .object({
        path: z
          .string()
          .max(1024)
          .regex(/^\/[^\0]*$/)
          .describe('Absolute path.'),
      })
      .optional()
      .describe('A file at the same path on the operator and on every rack, as from a shared volume.'),
  })
  .meta(
    cel({ rule: 'has(self.http) != has(self.file)', message: 'exactly one of http and file must be set' }),
  );
export type ImageSource = z.infer<typeof ImageSource>;

export const ImageArtifact = z
  .object({
    role: z.enum(['Kernel', 'Initrd', 'Disk']).describe('What the artifact is for.'),
    source: ImageSource.describe('Where it comes from: exactly one of http and file.'),
    digest: Digest.optional().describe(
      'SHA-256 of the artifact as it is stored. Default: pinned at the first import.',
    ),
    format: z
      .enum(['Raw', 'RawZstd', 'RawGzip'])
      .default('Raw')
      .describe('Disk: how the raw image is packed.'),
  })
  .meta(
    cel({
      rule: "self.role == 'Disk' || self.format == 'Raw'",
      message: 'format is of a Disk alone: kernel and initrd are taken as they are',
      fieldPath: '.format',
    }),
  );
export type ImageArtifact = z.infer<typeof ImageArtifact>;

export const BootImageSpec = z
  .object({
    os: z.string().min(1).max(63).describe('Operating system: debian.'),
    release: z.string().min(1).max(63).describe('Its release: 12.'),
    architecture: Architecture.meta(cel(immutable)).describe(
      'CPU architecture, by its Debian name. Immutable.',
    ),
    purpose: z
      .enum(['Ephemeral', 'Disk'])
      .meta(cel(immutable))
      .describe(
        'Ephemeral: the OS that the agent runs in. Disk: an image of a whole disk, to install. Immutable.',
      ),
    artifacts: z
      .array(ImageArtifact)
      .min(1)
      .max(4)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['role'] })
      .describe('Its files: Kernel and Initrd of an Ephemeral image, Disk of a Disk image.'),
    kernelArguments: KernelArguments.optional(),
    pinned: z
      .boolean()
      .optional()
      .describe(
        'Racks fetch it at once and never evict it from their caches. Default: true for Ephemeral, without which nothing boots.',
      ),
  })
  .meta(
    cel(
      {
        rule: "self.purpose != 'Disk' || (self.artifacts.size() == 1 && self.artifacts[0].role == 'Disk')",
        message: 'an image of purpose Disk has exactly one artifact, of role Disk',
        fieldPath: '.artifacts',
      },
      {
        rule: "self.purpose != 'Ephemeral' || (self.artifacts.exists_one(a, a.role == 'Kernel') && self.artifacts.exists_one(a, a.role == 'Initrd') && self.artifacts.size() == 2)",
        message: 'an image of purpose Ephemeral has one artifact of role Kernel and one of role Initrd',
        fieldPath: '.artifacts',
      },
    ),
  );
export type BootImageSpec = z.infer<typeof BootImageSpec>;

export const ImportedArtifact = z.object({
  role: z.enum(['Kernel', 'Initrd', 'Disk']),
  digest: Digest,
  sizeBytes: z.int().min(0),
  rawSizeBytes: z.int().min(0).optional().describe('Disk: unpacked size, what the disk must hold.'),
});
export type ImportedArtifact = z.infer<typeof ImportedArtifact>;

export const BootImageStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  artifacts: z
    .array(ImportedArtifact)
    .max(4)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['role'] })
    .optional(),
  progress: z
    .object({
      bytes: z.int().min(0),
      totalBytes: z.int().min(0).optional(),
      percent: z.int().min(0).max(100).optional(),
    })
    .optional(),
  importedAt: Timestamp.optional(),
  racks: z
    .array(z.object({ name: z.string().max(253), since: Timestamp }))
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional()
    .describe('Racks that hold all of it in their caches.'),
  conditions: Conditions.optional(),
});
export type BootImageStatus = z.infer<typeof BootImageStatus>;

export type BootImage = CustomResource<BootImageSpec, BootImageStatus>;

export const bootImageKind = defineKind<BootImage>({
  plural: 'bootimages',
  singular: 'bootimage',
  kind: 'BootImage',
  shortNames: ['bimg'],
  namespaced: false,
  description: 'What a machine boots into or is installed with, pinned by digest.',
  properties: { spec: BootImageSpec, status: BootImageStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Purpose', type: 'string', jsonPath: '.spec.purpose' },
    { name: 'OS', type: 'string', jsonPath: '.spec.os' },
    { name: 'Release', type: 'string', jsonPath: '.spec.release' },
    { name: 'Arch', type: 'string', jsonPath: '.spec.architecture' },
    { name: 'Progress', type: 'integer', jsonPath: '.status.progress.percent' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
    },
  ],
  selectableFields: ['.spec.purpose', '.spec.architecture'],
});
