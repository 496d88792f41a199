import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { listObjects } from '../shared/list.ts';
import { showObject } from '../shared/show.ts';

export const list: Run = (invocation, context) =>
  listObjects(kinds.Subnet, invocation, context, { vlan: 'spec.vlan' });

export const show: Run = (invocation, context) =>
  showObject(kinds.Subnet, invocation, context, [
    {
      title: 'Dynamic ranges',
      list: '.status.dynamic.ranges',
      columns: [
        { heading: 'Start', path: '.start' },
        { heading: 'End', path: '.end' },
        { heading: 'Leases', path: '.leases' },
        { heading: 'Size', path: '.size' },
        { heading: 'Used%', path: '.utilisationPercent' },
        { heading: 'Racks', path: '.racks[*]' },
      ],
    },
  ]);
