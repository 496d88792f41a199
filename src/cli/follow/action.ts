import type { Machine } from '../../api/machine/schema.ts';
import type { MachineAction } from '../../api/machine-action/schema.ts';
import type { Resource } from '../../kube/resource.ts';
import type { Cluster, Context } from '../command.ts';
import { CliError } from '../errors.ts';
import type { Exit } from '../exit-codes.ts';
import { kinds } from '../kinds.ts';
import type { Deadline } from './deadline.ts';
import { observe } from './observe.ts';
import { machineProgress, newReporter } from './progress.ts';

const actions: Resource<MachineAction> = kinds.MachineAction;
const machines: Resource<Machine> = kinds.Machine;

/** Follows an order to its end, and says on standard error what the machine does meanwhile. */
export async function followAction(
  cluster: Cluster,
  context: Context,
  { name, machine }: { name: string; machine: string },
  deadline: Deadline,
): Promise<Exit> {
  const what = `machineaction ${name}`;
  const report = newReporter(context, deadline);
  const stop = new AbortController();
  const signal = AbortSignal.any([deadline.signal, stop.signal]);
  const besides = followMachine(cluster, machine, report, signal);
  try {
    for await (const seen of observe(cluster.client, actions, { name, signal: deadline.signal })) {
      const object = seen.kind === 'All' ? seen.objects[0] : seen.object;
      if (seen.kind === 'Gone' || object === undefined) {
        throw new CliError('failed', `${what} was removed before it ended`);
      }
      const { phase, message = '' } = object.status ?? {};
      if (phase === 'Succeeded') {
        context.terminal.out(`${machine}: ${message === '' ? 'done' : message}\n`);
        return 'ok';
      }
      if (phase === 'Failed')
        throw new CliError('failed', `${machine}: ${message}`, `"mw machine show ${machine}" says more`);
      if (phase === 'Refused') throw new CliError('refused', `${machine}: ${message}`);
      if (phase !== undefined) report(`order: ${phase}${message === '' ? '' : `, ${message}`}`);
    }
    return deadline.fail(what);
  } finally {
    stop.abort();
    await besides;
  }
}

/** Says what the machine does, until the signal is aborted. Who may not read machines is not told, and that is all. */
export async function followMachine(
  cluster: Cluster,
  name: string,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const seen of observe(cluster.client, machines, { name, signal })) {
      const object = seen.kind === 'All' ? seen.objects[0] : seen.object;
      if (object !== undefined && seen.kind !== 'Gone') {
        for (const line of machineProgress(object)) report(line);
      }
    }
  } catch {
    return;
  }
}
