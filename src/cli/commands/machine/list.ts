import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { listObjects } from '../shared/list.ts';

export const run: Run = (invocation, context) =>
  listObjects(kinds.Machine, invocation, context, {
    phase: 'status.phase',
    pool: 'spec.pool',
    zone: 'spec.zone',
  });
