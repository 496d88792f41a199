import type { Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { listObjects } from '../shared/list.ts';
import { showObject } from '../shared/show.ts';

export const list: Run = (invocation, context) =>
  listObjects(kinds.BootImage, invocation, context, {
    purpose: 'spec.purpose',
    architecture: 'spec.architecture',
  });

export const show: Run = (invocation, context) =>
  showObject(kinds.BootImage, invocation, context, [
    {
      title: 'Artifacts',
      list: '.status.artifacts',
      columns: [
        { heading: 'Role', path: '.role' },
        { heading: 'Digest', path: '.digest' },
        { heading: 'Bytes', path: '.sizeBytes' },
        { heading: 'Unpacked', path: '.rawSizeBytes' },
      ],
    },
    {
      title: 'Racks that hold it',
      list: '.status.racks',
      columns: [
        { heading: 'Rack', path: '.name' },
        { heading: 'Since', path: '.since', age: true },
      ],
    },
  ]);
