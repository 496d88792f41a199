import type { Machine } from '../../../api/machine/schema.ts';
import type { MachineAction } from '../../../api/machine-action/schema.ts';
import type { Resource } from '../../../kube/resource.ts';
import { argument, type Context, flag, type Invocation, option, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { followAction } from '../../follow/action.ts';
import { deadlineOf } from '../../follow/deadline.ts';
import { kinds } from '../../kinds.ts';
import { sshKeysOf } from '../../ssh-keys.ts';
import { fieldManager, manifestOf, sayWritten, showManifests } from '../../write.ts';
import { find } from '../shared/find.ts';

const actions: Resource<MachineAction> = kinds.MachineAction;
const machines: Resource<Machine> = kinds.Machine;

/** Which action a verb orders. */
export const actionOf = {
  commission: 'Commission',
  test: 'Test',
  rescue: 'Rescue',
  'exit-rescue': 'ExitRescue',
  'power on': 'PowerOn',
  'power off': 'PowerOff',
  'power cycle': 'PowerCycle',
  'power status': 'PowerStatus',
  lock: 'Lock',
  unlock: 'Unlock',
  override: 'Override',
  'mark-broken': 'MarkBroken',
  'mark-fixed': 'MarkFixed',
  abort: 'Abort',
  release: 'Release',
} as const;

type Action = (typeof actionOf)[keyof typeof actionOf];

/** Orders the action of the verb, and follows it with `--wait`. */
export const run: Run = async (invocation, context) => {
  const machine = argument(invocation, 0);
  const verb = invocation.command.path.slice(1).join(' ');
  const action = Object.entries(actionOf).find(([known]) => known === verb)?.[1];
  if (action === undefined) throw new RangeError(`no action for ${verb}`);
  const deadline = deadlineOf(invocation, context);
  const spec = await specOf(machine, action, invocation, context);
  const name = `${machine}-${verb.replace(' ', '-')}-${context.now().toString(36)}`;
  const draft = { metadata: { name }, spec };
  if (invocation.manifest) {
    await showManifests(context, [manifestOf(actions, draft)]);
    return 'ok';
  }
  const cluster = await context.cluster();
  await find(cluster, machines, machine);
  const dryRun = flag(invocation, 'dry-run');
  const made = await cluster.client.create(actions, draft, { fieldManager, dryRun });
  if (!flag(invocation, 'wait') || dryRun) {
    await sayWritten(invocation, context, made, 'created');
    return 'ok';
  }
  return await followAction(cluster, context, { name, machine }, deadline);
};

async function specOf(machine: string, action: Action, invocation: Invocation, context: Context) {
  const sshKeys = await sshKeysOf(invocation, context);
  const tests = (option(invocation, 'tests') ?? '').split(',').filter((test) => test !== '');
  const parameters = {
    ...(sshKeys.length === 0 ? {} : { sshKeys }),
    ...(flag(invocation, 'enable-ssh') ? { enableSsh: true } : {}),
    ...(flag(invocation, 'skip-networking') ? { skipNetworking: true } : {}),
    ...(flag(invocation, 'skip-storage') ? { skipStorage: true } : {}),
    ...(tests.length === 0 ? {} : { tests }),
    ...(flag(invocation, 'soft') ? { mode: 'Soft' as const } : {}),
    ...eraseOf(invocation),
  };
  const message = option(invocation, 'message');
  return {
    machine,
    action,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(message === undefined ? {} : { message }),
  };
}

/** @throws CliError usage */
export function eraseOf(invocation: Invocation): { erase?: 'None' | 'Quick' | 'Full' } {
  const given = option(invocation, 'erase');
  if (given === undefined) return {};
  const erase = (['None', 'Quick', 'Full'] as const).find(
    (each) => each.toLowerCase() === given.toLowerCase(),
  );
  if (erase === undefined) throw new CliError('usage', `--erase ${given}: there are none, quick and full`);
  return { erase };
}
