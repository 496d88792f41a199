import { childOf, childrenOf, textAt, type XmlElement } from '../xml/element.ts';
import { type XmlText, xml } from '../xml/write.ts';
import { type ManagedObject, managedObject, reference, type VimSession } from './session.ts';

/** A managed object with those of its properties that were asked for and that it has. */
export interface ObjectProperties {
  object: ManagedObject;
  values: ReadonlyMap<string, XmlElement>;
}

/** What is asked of one object. @throws CodedError<PowerErrorCode> */
export async function propertiesOf(
  session: VimSession,
  object: ManagedObject,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, XmlElement>> {
  const set = xml('objectSet', {}, reference('obj', object));
  const [found] = await retrieve(session, object.type, paths, set, 1, signal);
  return found?.values ?? new Map();
}

/**
 * The same of every virtual machine, wherever in the inventory, in pages of at most `page`.
 * @throws CodedError<PowerErrorCode>
 */
export async function allMachines(
  session: VimSession,
  paths: readonly string[],
  page: number,
  signal: AbortSignal,
): Promise<ObjectProperties[]> {
  const { root, views } = await session.service(signal);
  const type = 'VirtualMachine';
  const content = [reference('container', root), xml('type', {}, type), xml('recursive', {}, 'true')];
  const made = await session.call(views, { name: 'CreateContainerView', content }, signal);
  const view = managedObject(childOf(made, 'returnval'));
  if (view === undefined) return [];
  // A view ends with its session.
  const into = xml(
    'selectSet',
    { 'xsi:type': 'TraversalSpec' },
    xml('type', {}, 'ContainerView'),
    xml('path', {}, 'view'),
    xml('skip', {}, 'false'),
  );
  const set = xml('objectSet', {}, reference('obj', view), xml('skip', {}, 'true'), into);
  return await retrieve(session, type, paths, set, page, signal);
}

async function retrieve(
  session: VimSession,
  type: string,
  paths: readonly string[],
  objectSet: XmlText,
  page: number,
  signal: AbortSignal,
): Promise<ObjectProperties[]> {
  const { properties } = await session.service(signal);
  const propSet = xml('propSet', {}, xml('type', {}, type), ...paths.map((path) => xml('pathSet', {}, path)));
  const options = xml('options', {}, xml('maxObjects', {}, String(page)));
  const content = [xml('specSet', {}, propSet, objectSet), options];
  const found: ObjectProperties[] = [];
  let answer = await session.call(properties, { name: 'RetrievePropertiesEx', content }, signal);
  for (;;) {
    const result = childOf(answer, 'returnval');
    found.push(...childrenOf(result, 'objects').flatMap(objectOf));
    const token = textAt(result, 'token');
    if (token === undefined) return found;
    const next = { name: 'ContinueRetrievePropertiesEx', content: [xml('token', {}, token)] };
    answer = await session.call(properties, next, signal);
  }
}

function objectOf(element: XmlElement): ObjectProperties[] {
  const object = managedObject(childOf(element, 'obj'));
  if (object === undefined) return [];
  const values = new Map<string, XmlElement>();
  for (const property of childrenOf(element, 'propSet')) {
    const name = textAt(property, 'name');
    const value = childOf(property, 'val');
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  return [{ object, values }];
}
