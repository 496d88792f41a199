import { defineGroup, type Zone } from '../zone/schema.ts';

export type Pool = Zone;

export const poolKind = defineGroup({
  plural: 'pools',
  singular: 'pool',
  kind: 'Pool',
  shortNames: ['mwpool'],
  description: 'Whom machines are for.',
});
