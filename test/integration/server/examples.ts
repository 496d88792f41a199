import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kinds } from '../../../src/api/crd/kinds.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';

const folder = join(import.meta.dirname, '../../../docs/examples');

/** The objects of docs/examples of our kinds, without their status. */
export function exampleObjects(): { resource: Resource<KubeObject>; object: KubeObject }[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .flatMap((document) => {
      const { status: _status, ...object }: KubeObject & { status?: unknown } = document.toJS();
      const kind = kinds.find((candidate) => candidate.kind === object.kind);
      if (kind === undefined) return [];
      const { group, version, plural, namespaced } = kind;
      return [{ resource: { group, version, plural, kind: kind.kind, namespaced }, object }];
    });
}

/** Makes them, in the namespace `default`; one that is there already, of another example, stays. */
export async function createExamples(client: KubeClient): Promise<void> {
  for (const { resource, object } of exampleObjects()) {
    const { name } = object.metadata;
    const namespace = resource.namespaced ? 'default' : undefined;
    if ((await client.get(resource, name, namespace)) !== undefined) continue;
    await client.create(resource, { ...object, metadata: { ...object.metadata, namespace } });
  }
}
