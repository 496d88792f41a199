import type { RedfishParameters } from '../../../api/bmc/redfish.ts';
import { isPowerError, powerError } from '../errors.ts';
import type { RedfishClient } from './client.ts';
import { Collection, ComputerSystem } from './resources.ts';

export interface FoundSystem {
  /** Its path on the BMC. */
  path: string;
  system: ComputerSystem;
  etag: string | undefined;
}

const mostSystems = 256;

/**
 * Finds the ComputerSystem that the parameters name, or the only one.
 * @throws CodedError<PowerErrorCode> BmcSystemNotFound, with what there is instead.
 */
export async function findSystem(
  client: RedfishClient,
  parameters: RedfishParameters,
  signal: AbortSignal,
): Promise<FoundSystem> {
  if (parameters.systemId?.startsWith('/') === true)
    return await readSystem(client, parameters.systemId, signal);
  const root = await client.root(signal);
  const collection = root.Systems?.['@odata.id'];
  if (collection === undefined) throw powerError('BmcSystemNotFound', 'the service has no Systems');
  const paths = await membersOf(client, collection, signal);

  const { systemId, systemUuid } = parameters;
  if (systemId !== undefined) {
    const path = paths.find((known) => lastSegment(known) === systemId);
    const direct = path ?? `${collection.replace(/\/$/, '')}/${encodeURIComponent(systemId)}`;
    return await readSystem(client, direct, signal, paths);
  }
  if (systemUuid !== undefined) {
    for (const path of paths) {
      const found = await readListed(client, path, signal);
      if (found.system.UUID?.toLowerCase() === systemUuid.toLowerCase()) return found;
    }
    throw notFound(`no system has the UUID ${systemUuid}`, paths);
  }
  const [only] = paths;
  if (only === undefined || paths.length > 1) {
    throw notFound(`there are ${paths.length} systems, and systemId or systemUuid is not set`, paths);
  }
  return await readListed(client, only, signal);
}

/** Reads a system that the BMC itself has named: if it does not show it, it is only not ready, as after its own restart. */
export async function readListed(
  client: RedfishClient,
  path: string,
  signal: AbortSignal,
): Promise<FoundSystem> {
  try {
    return await readSystem(client, path, signal);
  } catch (thrown) {
    if (!isPowerError(thrown) || thrown.code !== 'BmcSystemNotFound') throw thrown;
    const options = { retryable: true, cause: thrown };
    throw powerError('BmcSystemNotFound', `the BMC has named ${path}, and does not show it`, options);
  }
}

/** Reads the system at a path. */
export async function readSystem(
  client: RedfishClient,
  path: string,
  signal: AbortSignal,
  others: readonly string[] = [],
): Promise<FoundSystem> {
  try {
    const { resource, etag } = await client.get(path, ComputerSystem, signal);
    return { path: resource['@odata.id'] ?? path, system: resource, etag: etag ?? resource['@odata.etag'] };
  } catch (thrown) {
    if (!isPowerError(thrown) || thrown.code !== 'BmcUnsupported') throw thrown;
    throw notFound(`no system is at ${path}`, others);
  }
}

/** The paths of a collection's members, its further pages included; at most 256. @throws CodedError<PowerErrorCode> */
export async function membersOf(
  client: RedfishClient,
  collection: string,
  signal: AbortSignal,
): Promise<string[]> {
  const paths: string[] = [];
  for (let link: string | undefined = collection; link !== undefined && paths.length < mostSystems; ) {
    const page: Collection = (await client.get(link, Collection, signal)).resource;
    const before = paths.length;
    paths.push(...(page.Members ?? []).map((member) => member['@odata.id']));
    link = paths.length > before ? page['Members@odata.nextLink'] : undefined;
  }
  return paths;
}

function notFound(seen: string, paths: readonly string[]) {
  const ids = paths.slice(0, 10).map(lastSegment).join(', ');
  return powerError('BmcSystemNotFound', ids === '' ? seen : `${seen} (there are: ${ids})`);
}

function lastSegment(path: string): string {
  return decodeURIComponent(path.replace(/\/$/, '').split('/').at(-1) ?? '');
}
