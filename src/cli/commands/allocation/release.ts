import type { Allocation } from '../../../api/allocation/schema.ts';
import type { Resource } from '../../../kube/resource.ts';
import { argument, flag, option, type Run } from '../../command.ts';
import { followRelease } from '../../follow/allocation.ts';
import { deadlineOf } from '../../follow/deadline.ts';
import { kinds } from '../../kinds.ts';
import { nameOf } from '../../output/format.ts';
import { find } from '../shared/find.ts';

const allocations: Resource<Allocation> = kinds.Allocation;

/** Deletes an Allocation, which gives its machine back. */
export const run: Run = async (invocation, context) => {
  const name = argument(invocation, 0);
  const deadline = deadlineOf(invocation, context);
  const cluster = await context.cluster();
  const namespace = option(invocation, 'namespace') ?? cluster.namespace;
  const found = await find(cluster, allocations, name, namespace);
  const { uid } = found.metadata;
  const dryRun = flag(invocation, 'dry-run');
  await cluster.client.delete(allocations, name, { namespace, preconditions: { uid }, dryRun });
  context.terminal.out(`${nameOf(found)} deleted${dryRun ? ' (dry run: nothing was written)' : ''}\n`);
  if (!flag(invocation, 'wait') || dryRun) return 'ok';
  return await followRelease(cluster, context, { name, namespace, machine: found.status?.machine }, deadline);
};
