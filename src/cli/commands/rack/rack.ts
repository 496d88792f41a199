import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { listObjects } from '../shared/list.ts';
import { showObject } from '../shared/show.ts';

export const list: Run = (invocation, context) => listObjects(kinds.Rack, invocation, context);

export const show: Run = (invocation, context) =>
  showObject(kinds.Rack, invocation, context, [
    {
      title: 'Services',
      list: '.status.services',
      columns: [
        { heading: 'Name', path: '.name' },
        { heading: 'State', path: '.state' },
        { heading: 'Message', path: '.message' },
      ],
    },
    {
      title: 'Interfaces',
      list: '.status.interfaces',
      columns: [
        { heading: 'Name', path: '.name' },
        { heading: 'MAC', path: '.mac' },
        { heading: 'VLAN', path: '.vlan' },
        { heading: 'Addresses', path: '.addresses[*]' },
      ],
    },
    {
      title: 'Foreign DHCP servers',
      list: '.status.foreignDhcpServers',
      columns: [
        { heading: 'Address', path: '.address' },
        { heading: 'MAC', path: '.mac' },
        { heading: 'VLAN', path: '.vlan' },
        { heading: 'Seen', path: '.lastSeen', age: true },
      ],
    },
  ]);
