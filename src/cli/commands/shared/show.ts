import { isRecord, stringMember } from '../../../kube/json.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { argument, type Cluster, type Context, type Invocation, option } from '../../command.ts';
import type { Exit } from '../../exit-codes.ts';
import type { Kind } from '../../kinds.ts';
import { ageOf } from '../../output/age.ts';
import { tableOf } from '../../output/columns.ts';
import { parseFormat, renderObjects } from '../../output/format.ts';
import { path } from '../../output/jsonpath.ts';
import { paint, toneOf } from '../../output/style.ts';
import { layOut } from '../../output/table.ts';
import { eventRow, eventsAbout } from '../events/read.ts';
import { find } from './find.ts';

/** A part of what is shown: a list of an object's status as a table. */
export interface Section {
  title: string;
  /** Where the list is: `.status.timeline.steps`. */
  list: string;
  columns: readonly { heading: string; path: string; age?: boolean }[];
}

const conditions: Section = {
  title: 'Conditions',
  list: '.status.conditions',
  columns: [
    { heading: 'Type', path: '.type' },
    { heading: 'Status', path: '.status' },
    { heading: 'Reason', path: '.reason' },
    { heading: 'Since', path: '.lastTransitionTime', age: true },
    { heading: 'Message', path: '.message' },
  ],
};

/** `mw NOUN show NAME`: what a person wants to know of an object, its last Events included; any other format as kubectl. */
export async function showObject(
  kind: Kind,
  invocation: Invocation,
  context: Context,
  sections: readonly Section[] = [],
): Promise<Exit> {
  const format = parseFormat(option(invocation, 'output'));
  const cluster = await context.cluster();
  const namespace = kind.namespaced ? (option(invocation, 'namespace') ?? cluster.namespace) : undefined;
  const object = await find<KubeObject>(cluster, kind, argument(invocation, 0), namespace);
  const { terminal } = context;
  if (format.kind !== 'table') {
    terminal.out(await renderObjects([object], format, true));
    return 'ok';
  }
  const { headings, row } = tableOf(kind, true, kind.namespaced);
  const cells = row(object, context.now());
  const width = Math.max(...headings.map(({ length }) => length)) + 1;
  for (const [index, heading] of headings.entries()) {
    const cell = cells[index] ?? '';
    if (cell === '') continue;
    const tone = heading === 'Phase' || heading === 'Ready' ? toneOf(cell) : 'plain';
    terminal.out(`${`${heading}:`.padEnd(width)} ${paint(cell, tone, terminal.colour)}\n`);
  }
  for (const section of [...sections, conditions]) showSection(section, object, context);
  await showEvents(cluster, object, context);
  return 'ok';
}

function showSection({ title, list, columns }: Section, object: KubeObject, context: Context): void {
  const [found] = path(list)(object);
  const items: unknown[] = Array.isArray(found) ? found : [];
  if (items.length === 0) return;
  const read = columns.map((column) => ({ ...column, values: path(column.path) }));
  const rows = items.map((item) =>
    read.map(({ values, age }) => {
      const text = values(item).map(String).join(',');
      return age === true && text !== '' ? ageOf(text, context.now()) : text;
    }),
  );
  context.terminal.out(`\n${title}\n`);
  context.terminal.out(
    layOut(
      columns.map(({ heading }) => heading),
      rows,
      context.terminal,
    ),
  );
}

/** Events are an extra: who may not read them sees the rest. */
async function showEvents(cluster: Cluster, object: KubeObject, context: Context): Promise<void> {
  const events = await eventsAbout(cluster, object).catch(() => []);
  if (events.length === 0) return;
  const rows = events
    .slice(-10)
    .map((event) => eventRow(event, context.now()).filter((_, index) => index !== 3));
  context.terminal.out('\nEvents\n');
  context.terminal.out(layOut(['Last seen', 'Type', 'Reason', 'Message'], rows, context.terminal));
}

/** A member of the status, when it is a text. */
export function statusText(object: unknown, name: string): string | undefined {
  return isRecord(object) ? stringMember(object.status, name) : undefined;
}
