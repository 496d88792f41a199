import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { ApplyObject, KubeObject, Resource } from '../../kube/resource.ts';

/**
 * Writes a status unless it is there already, so that a quiet cluster sees no write.
 *
 * @param current the same part of the object's present status, as this manager would write it
 */
export async function applyStatusIfChanged<T extends KubeObject>(
  client: Pick<KubeClient, 'applyStatus'>,
  resource: Resource<T>,
  change: { current: unknown; object: ApplyObject<T> & { status: unknown } },
  fieldManager: string,
): Promise<boolean> {
  if (isDeepStrictEqual(withoutUndefined(change.current), withoutUndefined(change.object.status)))
    return false;
  try {
    await client.applyStatus(resource, change.object, { fieldManager });
    return true;
  } catch (error) {
    // Deleted in between: there is nobody left to tell.
    if (isKubeError(error, 'NotFound')) return false;
    throw error;
  }
}

/** As JSON carries it: members that are undefined are not there. */
function withoutUndefined(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
