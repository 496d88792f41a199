import { createHash } from 'node:crypto';
import { isRecord } from '../../kube/json.ts';

/**
 * The paths of all fields that a CustomResourceDefinition serves in a version, sorted: `spec.bmc.driver`. undefined when it does not
 * serve that version.
 */
export function servedFields(definition: unknown, version: string): string[] | undefined {
  const spec = isRecord(definition) ? definition.spec : undefined;
  const versions: unknown[] = isRecord(spec) && Array.isArray(spec.versions) ? spec.versions : [];
  const served = versions.find((entry) => isRecord(entry) && entry.name === version && entry.served === true);
  if (!isRecord(served)) return undefined;
  const root = isRecord(served.schema) ? served.schema.openAPIV3Schema : undefined;
  const paths: string[] = [];
  collect(root, '', paths);
  return paths.sort();
}

function collect(schema: unknown, path: string, into: string[]): void {
  if (!isRecord(schema)) return;
  if (path !== '') into.push(path);
  collect(schema.items, `${path}[]`, into);
  collect(schema.additionalProperties, `${path}{}`, into);
  if (!isRecord(schema.properties)) return;
  for (const [name, member] of Object.entries(schema.properties)) {
    if (path === '' && ['apiVersion', 'kind', 'metadata'].includes(name)) continue;
    collect(member, path === '' ? name : `${path}.${name}`, into);
  }
}

/** Of sorted paths, 16 hex digits: two kinds with the same fields have the same. */
export function fieldsHash(fields: readonly string[]): string {
  return createHash('sha256').update(fields.join('\n')).digest('hex').slice(0, 16);
}
