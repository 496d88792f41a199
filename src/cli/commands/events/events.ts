import { type Event, events } from '../../../kube/core-resources.ts';
import { type Context, flag, type Invocation, option } from '../../command.ts';
import type { Exit } from '../../exit-codes.ts';
import { observe } from '../../follow/observe.ts';
import { parseFormat, renderObjects } from '../../output/format.ts';
import { layOut, widthsOf } from '../../output/table.ts';
import { eventRow, isOurs, lastSeen, sorted } from './read.ts';

const headings = ['Last seen', 'Type', 'Reason', 'Object', 'Message'];

/** `mw events [MACHINE]`: what happened, the oldest first; with `--follow` also what happens now. */
export async function run(invocation: Invocation, context: Context): Promise<Exit> {
  const format = parseFormat(option(invocation, 'output'));
  const cluster = await context.cluster();
  const [machine] = invocation.arguments;
  const scope = {
    namespace: machine === undefined ? option(invocation, 'namespace') : 'default',
    fieldSelector: machine === undefined ? undefined : `regarding.kind=Machine,regarding.name=${machine}`,
  };
  const wanted = (event: Event): boolean =>
    isOurs(event) &&
    (machine === undefined || (event.regarding?.kind === 'Machine' && event.regarding.name === machine));
  const { terminal } = context;
  if (!flag(invocation, 'follow')) {
    const { items } = await cluster.client.list(events, { ...scope, signal: context.signal });
    const found = sorted(items.filter(wanted));
    if (format.kind !== 'table') terminal.out(await renderObjects(found, format, false));
    else if (found.length === 0) terminal.err('No events found.\n');
    else
      terminal.out(
        layOut(
          headings,
          found.map((event) => eventRow(event, context.now())),
          terminal,
        ),
      );
    return 'ok';
  }
  let widths: number[] | undefined;
  /** Of each Event, when it was last shown: a list after an interruption repeats what is known. */
  const shown = new Map<string, string>();
  for await (const seen of observe(cluster.client, events, { ...scope, signal: context.signal })) {
    if (seen.kind === 'Gone') continue;
    const found = sorted(seen.kind === 'All' ? seen.objects : [seen.object]).filter((event) => {
      if (!wanted(event) || shown.get(event.metadata.name) === lastSeen(event)) return false;
      shown.set(event.metadata.name, lastSeen(event));
      return true;
    });
    const rows = found.map((event) => eventRow(event, context.now()));
    const first = widths === undefined;
    widths ??= widthsOf(headings, rows);
    terminal.out(layOut(headings, rows, { ...terminal, headings: first }, widths));
  }
  return 'interrupted';
}
