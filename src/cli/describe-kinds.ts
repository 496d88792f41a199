import { customResourceDefinition } from '../api/crd/definition.ts';
import { kinds } from '../api/crd/kinds.ts';
import { fieldsHash, servedFields } from './doctor/fields.ts';

/** What `mw` needs to know of the kinds without loading their schemas, which would take longer than a person notices. */
export function describeKinds(): Record<string, unknown> {
  return Object.fromEntries(
    kinds.map((kind) => [
      kind.kind,
      {
        group: kind.group,
        version: kind.version,
        plural: kind.plural,
        kind: kind.kind,
        namespaced: kind.namespaced,
        fields: fieldsHash(servedFields(customResourceDefinition(kind), kind.version) ?? []),
        columns: kind.printerColumns.map(({ name, type, jsonPath, priority = 0 }) => ({
          name,
          type,
          jsonPath,
          priority,
        })),
      },
    ]),
  );
}
