import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { listObjects } from '../shared/list.ts';

export const run: Run = (invocation, context) =>
  listObjects(kinds.Allocation, invocation, context, { phase: 'status.phase' });
