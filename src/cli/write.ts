import type { KubeObject, Resource } from '../kube/resource.ts';
import { apiVersionOf } from '../kube/resource.ts';
import { type Context, flag, type Invocation, option } from './command.ts';
import { nameOf, parseFormat, renderObjects, toYaml } from './output/format.ts';

/** Who `mw` is to server-side apply and in managed fields. */
export const fieldManager = 'mw';

/** The draft as a manifest. */
export function manifestOf(
  resource: Resource<KubeObject>,
  draft: { metadata: object; spec?: object },
): Record<string, unknown> {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...draft };
}

/** Documents of YAML, with a line between. */
export async function showManifests(context: Context, manifests: readonly unknown[]): Promise<void> {
  const documents = await Promise.all(manifests.map(toYaml));
  context.terminal.out(documents.join('---\n'));
}

/**
 * Says what was written: `machine.metalwright.dev/r2-17 created`, or the object as `-o` wants it; with `--dry-run` what
 * the API server would have made of it.
 */
export async function sayWritten(
  invocation: Invocation,
  context: Context,
  object: KubeObject,
  verb: string,
): Promise<void> {
  if (flag(invocation, 'dry-run')) {
    await showManifests(context, [withoutServerFields(object)]);
    context.terminal.err(`${nameOf(object)} ${verb} (dry run: nothing was written)\n`);
    return;
  }
  const format = parseFormat(option(invocation, 'output'));
  if (format.kind === 'table') context.terminal.out(`${nameOf(object)} ${verb}\n`);
  else context.terminal.out(await renderObjects([object], format, true));
}

/** What a person would write: without what the API server adds. */
function withoutServerFields(object: KubeObject): Record<string, unknown> {
  const { uid, resourceVersion, generation, creationTimestamp, managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
