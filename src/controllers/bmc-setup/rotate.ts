import { randomBytes } from 'node:crypto';
import type { Machine } from '../../api/machine/schema.ts';
import { addCandidate, knows } from '../../domain/bmc-credentials.ts';
import { makePassword } from '../../domain/bmc-password.ts';
import type { BmcSetupDeps } from './controller.ts';
import { readStore, writeStore } from './credentials-secret.ts';

/**
 * Stores new credentials under the id, of the same user and the same length; those that are there already are taken.
 *
 * @returns whether there is anything to rotate
 */
export async function storeNext(machine: Machine, id: string, deps: BmcSetupDeps): Promise<boolean> {
  const read = await readStore(machine.metadata.name, deps.client, deps.namespace);
  const { current } = read.store;
  if (knows(read.store, id)) return true;
  if (current === undefined) return false;
  const password = makePassword(current.password.length, randomBytes);
  deps.fence.assertHeld();
  const added = addCandidate(read.store, { ...current, id, password });
  await writeStore(machine, read, added, deps.client, deps.namespace);
  return true;
}
