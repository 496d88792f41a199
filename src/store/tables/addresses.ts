import { z } from 'zod';
import { rowBase, type Table } from '../table.ts';

export const AddressRow = z.object({
  ...rowBase,
  address: z.string(),
  subnet: z.string(),
  purpose: z.string(),
  mac: z.string().optional(),
  machine: z.string().optional(),
  hostname: z.string().optional(),
  since: z.string(),
  until: z.string().optional(),
});
export type AddressRow = z.infer<typeof AddressRow>;

/** Who had an address, from when until when; a row for each owner. `at` is the creation of the IPAddress. */
export const addressesTable: Table = {
  name: 'addresses',
  slice: 'month',
  columns: {
    address: 'text',
    subnet: 'text',
    purpose: 'text',
    mac: 'text',
    machine: 'text',
    hostname: 'text',
    since: 'timestamptz',
    until: 'timestamptz',
  },
  merge: 'since = least(t.since, excluded.since), until = least(t.until, excluded.until)',
  openUntil: 'until',
};
