import type { Rack } from '../../../api/rack/schema.ts';
import type { Resource } from '../../../kube/resource.ts';
import { flag, option, type Run } from '../../command.ts';
import { kinds } from '../../kinds.ts';
import { parseFormat, toYaml } from '../../output/format.ts';

const racks: Resource<Rack> = kinds.Rack;

/** Which `mw` it is; with `--cluster` also what runs there. */
export const run: Run = async (invocation, context) => {
  const format = parseFormat(option(invocation, 'output'));
  const versions: { mw: string; racks?: Record<string, string> } = { mw: context.version };
  if (flag(invocation, 'cluster')) {
    const { client } = await context.cluster();
    const { items } = await client.list(racks, { signal: context.signal });
    versions.racks = Object.fromEntries(
      items.map(({ metadata, status }) => [metadata.name, status?.version ?? 'unknown']),
    );
  }
  const { out } = context.terminal;
  if (format.kind === 'json') out(`${JSON.stringify(versions, undefined, 2)}\n`);
  else if (format.kind === 'yaml') out(await toYaml(versions));
  else if (format.kind === 'jsonpath') out(format.fill(versions));
  else {
    out(`mw ${versions.mw}\n`);
    for (const [name, version] of Object.entries(versions.racks ?? {})) out(`rack ${name} ${version}\n`);
  }
  return 'ok';
};
