import { z } from 'zod';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const SpaceSpec = z.object({ description: z.string().max(1024).optional().describe('For people.') });
export type SpaceSpec = z.infer<typeof SpaceSpec>;

/** A name for VLANs that may route to each other. Nothing is reconciled: it has no status. */
export type Space = CustomResource<SpaceSpec, never>;

export const spaceKind = defineKind<Space>({
  plural: 'spaces',
  singular: 'space',
  kind: 'Space',
  shortNames: ['mwspace'],
  namespaced: false,
  description: 'A name for VLANs that may route to each other.',
  properties: { spec: SpaceSpec },
  required: ['spec'],
  printerColumns: [
    { name: 'Description', type: 'string', jsonPath: '.spec.description' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
