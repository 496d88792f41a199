import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { showObject } from '../shared/show.ts';

export const run: Run = (invocation, context) =>
  showObject(kinds.Allocation, invocation, context, [
    {
      title: 'Why no machine fits',
      list: '.status.unmatched',
      columns: [
        { heading: 'Constraint', path: '.constraint' },
        { heading: 'Takes out', path: '.removed' },
        { heading: 'Message', path: '.message' },
      ],
    },
  ]);
