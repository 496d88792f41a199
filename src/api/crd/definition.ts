import type { KindDefinition } from '../kind.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

/** What of a {@link KindDefinition} a CustomResourceDefinition needs; of any kind. */
export type AnyKind = Omit<KindDefinition<unknown>, 'parse'>;

/** A CustomResourceDefinition of `apiextensions.k8s.io/v1`, ready to be written as YAML. Throws TypeError. */
export function customResourceDefinition(kind: AnyKind): Record<string, unknown> {
  const hasStatus = 'status' in kind.properties;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      names: {
        plural: kind.plural,
        singular: kind.singular,
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        shortNames: [...kind.shortNames],
        categories: ['metal'],
      },
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          ...(kind.selectableFields.length === 0
            ? {}
            : { selectableFields: kind.selectableFields.map((jsonPath) => ({ jsonPath })) }),
          additionalPrinterColumns: kind.printerColumns.map((column) => ({ ...column })),
          schema: { openAPIV3Schema: rootSchema(kind) },
        },
      ],
    },
  };
}

const descriptions: Readonly<Record<string, string>> = {
  spec: 'What is wanted. Metalwright never changes what a person wrote here.',
  status: 'What is: written by Metalwright alone.',
  collectedAt: 'When it was found.',
};

function rootSchema(kind: AnyKind): StructuralSchema {
  const own = Object.entries(kind.properties).map(([name, schema]) => [
    name,
    { description: descriptions[name], ...defaulted(name, structuralSchema(schema, `${kind.kind}.${name}`)) },
  ]);
  return {
    type: 'object',
    description: kind.description,
    properties: {
      apiVersion: { type: 'string', description: 'Group and version of this representation.' },
      kind: { type: 'string', description: 'The kind of this object.' },
      metadata: { type: 'object' },
      ...Object.fromEntries(own),
    },
    required: [...kind.required],
    ...(kind.rules.length === 0 ? {} : { 'x-kubernetes-validations': [...kind.rules] }),
  };
}

/** A status that nobody has written yet says so: see {@link ObservedGeneration}. */
function defaulted(name: string, schema: StructuralSchema): StructuralSchema {
  const isStatus = name === 'status' && schema.properties?.observedGeneration !== undefined;
  return isStatus ? { ...schema, default: { observedGeneration: -1 } } : schema;
}
