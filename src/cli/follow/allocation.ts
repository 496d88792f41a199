import type { Allocation } from '../../api/allocation/schema.ts';
import { findCondition, isTrue } from '../../api/conditions.ts';
import type { Resource } from '../../kube/resource.ts';
import type { Cluster, Context } from '../command.ts';
import { CliError } from '../errors.ts';
import type { Exit } from '../exit-codes.ts';
import { kinds } from '../kinds.ts';
import { followMachine } from './action.ts';
import type { Deadline } from './deadline.ts';
import { observe } from './observe.ts';
import { newReporter } from './progress.ts';

const allocations: Resource<Allocation> = kinds.Allocation;

interface Which {
  name: string;
  namespace: string;
}

/** What an Allocation is at, and whether that is its end. */
export type AllocationState =
  | { kind: 'Ready'; line: string }
  | { kind: 'Failed'; line: string }
  | { kind: 'Busy'; lines: string[] };

/** @param allocation as the API server has it */
export function allocationState({ metadata, status }: Allocation): AllocationState {
  const ready = findCondition(status?.conditions, 'Ready');
  const message = ready?.message ?? '';
  const { phase = 'Pending', machine, addresses = [] } = status ?? {};
  if (isTrue(status?.conditions, 'Ready') && phase === 'Deployed') {
    const at = addresses.length === 0 ? '' : `, at ${addresses.join(', ')}`;
    return { kind: 'Ready', line: `${metadata.name}: Deployed on ${machine ?? '?'}${at}` };
  }
  if (phase === 'Failed')
    return { kind: 'Failed', line: `${metadata.name}: ${ready?.reason ?? 'Failed'}: ${message}` };
  const on = machine === undefined ? '' : ` on ${machine}`;
  const why = (status?.unmatched ?? []).map((each) => `${metadata.name}: ${each.message}`);
  return {
    kind: 'Busy',
    lines: [`${metadata.name}: ${phase}${on}${message === '' ? '' : `: ${message}`}`, ...why],
  };
}

/** Follows an Allocation until it is Ready or failed, and says on standard error what happens to it and its machine. */
export async function followAllocation(
  cluster: Cluster,
  context: Context,
  { name, namespace }: Which,
  deadline: Deadline,
): Promise<Exit> {
  const what = `allocation ${namespace}/${name}`;
  const report = newReporter(context, deadline);
  const stop = new AbortController();
  const signal = AbortSignal.any([deadline.signal, stop.signal]);
  let besides: Promise<void> | undefined;
  try {
    for await (const seen of observe(cluster.client, allocations, {
      name,
      namespace,
      signal: deadline.signal,
    })) {
      const object = seen.kind === 'All' ? seen.objects[0] : seen.object;
      if (seen.kind === 'Gone' || object === undefined) throw new CliError('failed', `${what} was deleted`);
      const state = allocationState(object);
      if (state.kind === 'Ready') {
        context.terminal.out(`${state.line}\n`);
        return 'ok';
      }
      if (state.kind === 'Failed') {
        const hint = `"mw allocation show ${name} -n ${namespace}" says more; "mw allocation release" gives the machine back`;
        throw new CliError('failed', state.line, hint);
      }
      for (const line of state.lines) report(line);
      const machine = object.status?.machine;
      if (machine !== undefined) besides ??= followMachine(cluster, machine, report, signal);
    }
    return deadline.fail(what);
  } finally {
    stop.abort();
    await besides;
  }
}

/** Follows an Allocation that is being deleted until it is gone. */
export async function followRelease(
  cluster: Cluster,
  context: Context,
  { name, namespace, machine }: Which & { machine: string | undefined },
  deadline: Deadline,
): Promise<Exit> {
  const report = newReporter(context, deadline);
  const stop = new AbortController();
  const signal = AbortSignal.any([deadline.signal, stop.signal]);
  const besides = machine === undefined ? undefined : followMachine(cluster, machine, report, signal);
  try {
    for await (const seen of observe(cluster.client, allocations, {
      name,
      namespace,
      signal: deadline.signal,
    })) {
      if (seen.kind === 'Gone' || (seen.kind === 'All' && seen.objects.length === 0)) return 'ok';
    }
    return deadline.fail(`the release of allocation ${namespace}/${name}`);
  } finally {
    stop.abort();
    await besides;
  }
}
