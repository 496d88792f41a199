import { stringMember } from '../../../kube/json.ts';
import { option, type Run } from '../../command.ts';
import { age } from '../../output/age.ts';
import { type HistoryColumn, member, moment, showHistory } from './show.ts';

const allocation: HistoryColumn = {
  heading: 'Allocation',
  cell: (item) => `${stringMember(item, 'namespace') ?? ''}/${stringMember(item, 'name') ?? ''}`,
};

const held: HistoryColumn = {
  heading: 'Held',
  cell: ({ heldSeconds }) => (typeof heldSeconds === 'number' ? age(heldSeconds * 1000) : ''),
};

/** `mw history allocations` */
export const run: Run = async (invocation, context) =>
  showHistory(invocation, context, {
    path: '/api/v1/history/allocations',
    query: {
      machine: option(invocation, 'machine'),
      user: option(invocation, 'user'),
      namespace: option(invocation, 'namespace'),
    },
    columns: [
      allocation,
      member('Machine', 'machine'),
      member('Image', 'image'),
      member('User', 'createdBy'),
      moment('From', 'at'),
      moment('Until', 'endedAt'),
      held,
    ],
  });
