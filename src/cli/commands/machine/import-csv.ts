import type { Machine } from '../../../api/machine/schema.ts';
import { isKubeError } from '../../../kube/errors.ts';
import type { Resource } from '../../../kube/resource.ts';
import { argument, type Cluster, type Context, flag, type Run } from '../../command.ts';
import { CliError, explain } from '../../errors.ts';
import { kinds } from '../../kinds.ts';
import { fieldManager, manifestOf, showManifests } from '../../write.ts';
import { parseCsv } from './csv.ts';
import { clashes, draftOf, type GivenMachine, type MachineDraft, machineFields } from './drafts.ts';

const machines: Resource<Machine> = kinds.Machine;

/** A row that became a machine. */
export interface ImportRow {
  line: number;
  draft: MachineDraft;
}

/** Makes a machine of each row; all rows are checked, at the end by the API server, before the first is made. */
export const run: Run = async (invocation, context) => {
  const path = argument(invocation, 0);
  let text: string;
  try {
    text = await context.readFile(path);
  } catch {
    throw new CliError('usage', `${path} cannot be read`);
  }
  const { rows, problems } = await readRows(text);
  refuse(problems);
  if (invocation.manifest) {
    await showManifests(
      context,
      rows.map(({ draft }) => manifestOf(machines, draft)),
    );
    return 'ok';
  }
  const cluster = await context.cluster();
  const { items } = await cluster.client.list(machines, { signal: context.signal });
  const clashing = clashes(
    rows.map(({ draft }) => draft),
    items,
  );
  refuse(
    rows.flatMap(({ line, draft }) =>
      (clashing.get(draft.metadata.name) ?? []).map((problem) => `line ${line}: ${problem}`),
    ),
  );
  refuse(await tryAll(cluster, rows));
  if (flag(invocation, 'dry-run')) {
    context.terminal.out(`${rows.length} machines would be created (dry run: nothing was written)\n`);
    return 'ok';
  }
  await createAll(cluster, rows, context);
  context.terminal.out(`${rows.length} machines created\n`);
  return 'ok';
};

/** The machines of a CSV, and what is wrong with it, line by line. */
export async function readRows(text: string): Promise<{ rows: ImportRow[]; problems: string[] }> {
  const { rows: parsed, unclosed } = parseCsv(text);
  if (unclosed !== undefined) return { rows: [], problems: [`line ${unclosed}: a quote is not closed`] };
  const [header, ...body] = parsed;
  if (header === undefined) return { rows: [], problems: ['line 1: the file is empty'] };
  const columns = header.cells.map((cell) => cell.toLowerCase().replace(/[\s_]+/g, '-'));
  const fields = columns.map((column) => machineFields.find((field) => field === column));
  const problems = columns.flatMap((column, index) => [
    ...(fields[index] === undefined
      ? [`line ${header.line}: column "${column}" is none of ${machineFields.join(', ')}`]
      : []),
    ...(columns.indexOf(column) === index ? [] : [`line ${header.line}: column "${column}" is there twice`]),
  ]);
  if (problems.length > 0) return { rows: [], problems };
  const rows: ImportRow[] = [];
  const lines = new Map<string, number>();
  for (const { line, cells } of body) {
    if (cells.length !== fields.length) {
      problems.push(`line ${line}: ${cells.length} fields, where the header has ${fields.length}`);
      continue;
    }
    const given: GivenMachine = {};
    for (const [index, field] of fields.entries()) {
      const cell = cells[index] ?? '';
      if (field !== undefined && cell !== '') given[field] = cell;
    }
    const checked = await draftOf(given);
    if ('problems' in checked)
      problems.push(...checked.problems.map((problem) => `line ${line}: ${problem}`));
    else {
      const { name } = checked.draft.metadata;
      const before = lines.get(name);
      if (before !== undefined) problems.push(`line ${line}: name ${name} is that of line ${before}`);
      lines.set(name, line);
      rows.push({ line, draft: checked.draft });
    }
  }
  if (body.length === 0) problems.push(`line ${header.line}: there is no row after the header`);
  return { rows, problems };
}

/** So many rows are named; the rest is counted. */
const mostNamed = 20;

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, mostNamed);
  const more = problems.length - shown.length;
  throw new CliError(
    'usage',
    `nothing was imported:\n${shown.map((problem) => `  ${problem}`).join('\n')}${more === 0 ? '' : `\n  and ${more} more`}`,
  );
}

const atOnce = 8;

/** What the API server says against rows: it knows rules that no program but it checks. */
async function tryAll(cluster: Cluster, rows: readonly ImportRow[]): Promise<string[]> {
  const problems: string[] = [];
  for (let from = 0; from < rows.length; from += atOnce) {
    const some = rows.slice(from, from + atOnce).map(async ({ line, draft }) => {
      try {
        await cluster.client.create(machines, draft, { fieldManager, dryRun: true });
      } catch (error) {
        if (!isKubeError(error, 'Invalid', 'BadRequest', 'AlreadyExists')) throw error;
        problems.push(`line ${line}: ${explain(error).message}`);
      }
    });
    await Promise.all(some);
  }
  return problems;
}

/** One after another, so that a failure says where it stopped. */
async function createAll(cluster: Cluster, rows: readonly ImportRow[], { signal }: Context): Promise<void> {
  let made = 0;
  for (const { line, draft } of rows) {
    try {
      if (signal.aborted) throw new CliError('interrupted', 'interrupted');
      await cluster.client.create(machines, draft, { fieldManager });
      made += 1;
    } catch (error) {
      const { exit, message } = explain(error);
      throw new CliError(
        exit,
        `line ${line}: ${message}; ${made} of ${rows.length} machines were created before it`,
        'take those lines out of the file, and import the rest',
      );
    }
  }
}
