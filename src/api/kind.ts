import type { z } from 'zod';
import type { CelRule } from './fields.ts';
import { apiVersion, group, type ObjectMeta, version } from './meta.ts';

export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  jsonPath: string;
  description?: string;
  /** 0 or absent: always shown; 1: with `-o wide`. */
  priority?: number;
}

/** Everything that a CustomResourceDefinition is made from; also a `Resource` for the clients in `src/kube`. */
export interface KindDefinition<T> {
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  shortNames: readonly string[];
  namespaced: boolean;
  description: string;
  /** Top-level properties of the object beside metadata: `spec` and `status`, for most. */
  properties: Readonly<Record<string, z.ZodType>>;
  /** Names among `properties` that must be there. */
  required: readonly string[];
  /** CEL rules on the whole object. */
  rules: readonly CelRule[];
  printerColumns: readonly PrinterColumn[];
  /** JSON paths for field selectors. */
  selectableFields: readonly string[];
  parse(raw: unknown): T;
}

interface Shape {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

type Options<T> = Omit<KindDefinition<T>, 'group' | 'version' | 'parse' | 'rules' | 'selectableFields'> & {
  rules?: readonly CelRule[];
  selectableFields?: readonly string[];
};

/** Completes a definition. The API server has validated what it sends, so `parse` looks at kind and version alone. */
export function defineKind<T extends Shape>(options: Options<T>): KindDefinition<T> {
  const isKind = (raw: unknown): raw is T =>
    typeof raw === 'object' &&
    raw !== null &&
    'kind' in raw &&
    raw.kind === options.kind &&
    'apiVersion' in raw &&
    raw.apiVersion === apiVersion;
  return {
    rules: [],
    selectableFields: [],
    ...options,
    group,
    version,
    parse(raw) {
      if (!isKind(raw)) throw new TypeError(`not a ${options.kind} of ${apiVersion}`);
      return raw;
    },
  };
}
