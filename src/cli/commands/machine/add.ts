import type { Machine } from '../../../api/machine/schema.ts';
import type { Resource } from '../../../kube/resource.ts';
import { argument, flag, option, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { kinds } from '../../kinds.ts';
import { fieldManager, manifestOf, sayWritten, showManifests } from '../../write.ts';
import { draftOf, type GivenMachine, machineFields } from './drafts.ts';

const machines: Resource<Machine> = kinds.Machine;

/** Describes one machine. */
export const run: Run = async (invocation, context) => {
  const given: GivenMachine = { name: argument(invocation, 0) };
  for (const field of machineFields) {
    const values = invocation.options.get(field);
    if (field !== 'name' && values !== undefined) given[field] = values.join(',');
  }
  if (flag(invocation, 'not-approved')) given.approved = 'false';
  const checked = await draftOf(given);
  if ('problems' in checked) throw new CliError('usage', checked.problems.join('; '));
  const { draft } = checked;
  if (invocation.manifest) {
    await showManifests(context, [manifestOf(machines, draft)]);
    return 'ok';
  }
  const { client } = await context.cluster();
  const dryRun = flag(invocation, 'dry-run');
  const made = await client.create(machines, draft, { fieldManager, dryRun });
  await sayWritten(invocation, context, made, 'created');
  if (option(invocation, 'bmc-driver') === undefined && !dryRun) {
    context.terminal.err(
      'It has no BMC yet: give it one in spec.bmc, or it waits for somebody to switch it on.\n',
    );
  }
  return 'ok';
};
