import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { showObject } from '../shared/show.ts';

export const run: Run = (invocation, context) =>
  showObject(kinds.Machine, invocation, context, [
    {
      title: 'Addresses',
      list: '.status.addresses',
      columns: [
        { heading: 'Address', path: '.address' },
        { heading: 'MAC', path: '.mac' },
        { heading: 'Subnet', path: '.subnet' },
      ],
    },
    {
      title: 'Disks',
      list: '.status.hardware.disks',
      columns: [
        { heading: 'Name', path: '.name' },
        { heading: 'Kind', path: '.kind' },
        { heading: 'Bytes', path: '.sizeBytes' },
      ],
    },
    {
      title: 'Timeline',
      list: '.status.timeline.steps',
      columns: [
        { heading: 'Step', path: '.step' },
        { heading: 'At', path: '.at' },
        { heading: 'Seconds', path: '.durationSeconds' },
        { heading: 'Detail', path: '.detail' },
      ],
    },
  ]);
