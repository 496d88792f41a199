import type { Machine } from '../../../api/machine/schema.ts';
import type { Resource } from '../../../kube/resource.ts';
import { flag, type Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { fieldManager, manifestOf, sayWritten, showManifests } from '../../write.ts';
import { find } from '../shared/find.ts';

const machines: Resource<Machine> = kinds.Machine;

/** Sets `spec.approved` of machines: all are looked up before the first is changed. */
export const run: Run = async (invocation, context) => {
  const names = invocation.arguments;
  const spec = { approved: true };
  if (invocation.manifest) {
    await showManifests(
      context,
      names.map((name) => manifestOf(machines, { metadata: { name }, spec })),
    );
    return 'ok';
  }
  const cluster = await context.cluster();
  const found = await Promise.all(names.map((name) => find(cluster, machines, name)));
  const dryRun = flag(invocation, 'dry-run');
  for (const { metadata, spec: before } of found) {
    const { name, uid } = metadata;
    // The uid is a precondition: a machine that was made anew under the name is another one.
    const made = await cluster.client.patch(
      machines,
      name,
      { metadata: { uid }, spec },
      { fieldManager, dryRun },
    );
    await sayWritten(invocation, context, made, before.approved ? 'was approved already' : 'approved');
  }
  return 'ok';
};
