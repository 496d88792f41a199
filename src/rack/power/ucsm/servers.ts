import { powerError } from '../errors.ts';
import { childOf, type XmlElement } from '../xml/element.ts';
import { xml } from '../xml/write.ts';
import type { UcsmSession } from './session.ts';

/** The classes of servers: blades, and rack servers that are managed by UCS Manager. */
const classes = ['computeBlade', 'computeRackUnit'] as const;

/** All managed objects of a class, or those that have `value` in `property`. @throws CodedError<PowerErrorCode> */
export async function objectsOf(
  session: UcsmSession,
  classId: string,
  filter: { property: string; value: string } | undefined,
  signal: AbortSignal,
): Promise<readonly XmlElement[]> {
  const content = filter === undefined ? [] : [xml('inFilter', {}, xml('eq', { class: classId, ...filter }))];
  const attributes = { classId, inHierarchical: 'false' };
  const answer = await session.call({ name: 'configResolveClass', attributes, content }, signal);
  return childOf(answer, 'outConfigs')?.children.filter(({ name }) => name === classId) ?? [];
}

/** All servers. @throws CodedError<PowerErrorCode> */
export async function allServers(session: UcsmSession, signal: AbortSignal): Promise<XmlElement[]> {
  const found: XmlElement[] = [];
  for (const classId of classes) found.push(...(await objectsOf(session, classId, undefined, signal)));
  return found;
}

/** The one server with that UUID. @throws CodedError<PowerErrorCode> BmcSystemNotFound */
export async function findServer(
  session: UcsmSession,
  uuid: string,
  signal: AbortSignal,
): Promise<XmlElement> {
  const value = uuid.toLowerCase();
  for (const classId of classes) {
    const found = await objectsOf(session, classId, { property: 'uuid', value }, signal);
    const server = found.find(({ attributes }) => attributes.get('uuid')?.toLowerCase() === value);
    if (server !== undefined) return server;
  }
  throw powerError('BmcSystemNotFound', `UCS Manager has no server with the UUID ${value}`);
}
