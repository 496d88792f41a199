import type { KubeObject, Resource } from '../../../kube/resource.ts';
import type { Cluster } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';

/**
 * The object of a name.
 *
 * @throws CliError notFound, with the name that was probably meant
 */
export async function find<T extends KubeObject>(
  cluster: Cluster,
  resource: Resource<T>,
  name: string,
  namespace?: string,
): Promise<T> {
  const found = await cluster.client.get(resource, name, namespace);
  if (found !== undefined) return found;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const meant = await meantBy(cluster, resource, name, namespace);
  const noun = resource.kind === 'BootImage' ? 'image' : resource.kind.toLowerCase();
  throw new CliError(
    'notFound',
    `there is no ${noun} ${name}${where}`,
    meant === undefined ? `"mw ${noun} list" lists them` : `did you mean ${meant}?`,
  );
}

/** Who may get one may not list all: then there is no guess. */
async function meantBy(
  { client }: Cluster,
  resource: Resource<KubeObject>,
  name: string,
  namespace: string | undefined,
): Promise<string | undefined> {
  try {
    const { items } = await client.list(resource, { namespace });
    return nearest(
      name,
      items.map(({ metadata }) => metadata.name),
    );
  } catch {
    return undefined;
  }
}
