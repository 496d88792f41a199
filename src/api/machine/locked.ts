import type { Machine } from './schema.ts';

/** Whether a person has locked the machine: in its spec, or by the action Lock. */
export function isLocked({ spec, status }: Pick<Machine, 'spec' | 'status'>): boolean {
  return spec.locked || status?.locked === true;
}
