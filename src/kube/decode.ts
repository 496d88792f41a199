import { messageOf } from '../errors/coded-error.ts';
import { kubeError } from './errors.ts';
import { isRecord, parseJson, stringMember } from './json.ts';
import { apiVersionOf, isObjectOf, type KubeObject, type Resource } from './resource.ts';

/** The JSON of an answer. Errors: InvalidResponse when it is none (cut off, or a proxy's page). */
export function decodeJson(what: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw kubeError(
      'InvalidResponse',
      `${what} brought ${text.length} characters that are not JSON (${messageOf(error)})`,
    );
  }
}

/** The object of an answer. Errors: InvalidResponse when it is of another kind, or the resource's `parse` refuses it. */
export function decodeObject<T extends KubeObject>(what: string, resource: Resource<T>, raw: unknown): T {
  if (resource.parse !== undefined) {
    try {
      return resource.parse(raw);
    } catch (error) {
      throw kubeError(
        'InvalidResponse',
        `${what} brought an object that is no ${resource.kind} (${messageOf(error)})`,
        {
          cause: error,
        },
      );
    }
  }
  if (!isObjectOf(resource, raw))
    throw kubeError('InvalidResponse', `${what} brought something that is no ${resource.kind}`);
  return raw;
}

/** One page of a list. */
export interface ListPage {
  /** Not yet typed: one object that cannot be parsed must not take the whole list away. */
  items: unknown[];
  resourceVersion: string;
  /** Set when there are more pages. */
  continueToken: string | undefined;
}

/** Built-in kinds come without apiVersion and kind inside a list; they are filled in. Errors: InvalidResponse. */
export function decodeListPage(what: string, resource: Resource<KubeObject>, raw: unknown): ListPage {
  if (!isRecord(raw) || !isRecord(raw.metadata) || typeof raw.metadata.resourceVersion !== 'string') {
    throw kubeError('InvalidResponse', `${what} brought something that is no list`);
  }
  const items = Array.isArray(raw.items) ? raw.items : [];
  const { resourceVersion, continue: continueToken } = raw.metadata;
  return {
    items: items.map((item: unknown) =>
      isRecord(item) ? { apiVersion: apiVersionOf(resource), kind: resource.kind, ...item } : item,
    ),
    resourceVersion,
    continueToken: typeof continueToken === 'string' && continueToken !== '' ? continueToken : undefined,
  };
}

/** Name and namespace of an object that was not typed yet; undefined when it has no name. */
export function keyOfRaw(raw: unknown): { name: string; namespace: string | undefined } | undefined {
  const metadata = isRecord(raw) ? raw.metadata : undefined;
  const name = stringMember(metadata, 'name');
  return name === undefined ? undefined : { name, namespace: stringMember(metadata, 'namespace') };
}
