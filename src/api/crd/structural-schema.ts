import { z } from 'zod';
import type { CelRule } from '../fields.ts';

/** The part of `apiextensions.k8s.io/v1` `JSONSchemaProps` that our kinds use. */
export interface StructuralSchema {
  type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  format?: string;
  nullable?: boolean;
  default?: unknown;
  enum?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  items?: StructuralSchema;
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  required?: string[];
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-validations'?: CelRule[];
}

const CelRules = z.array(
  z.strictObject({
    rule: z.string(),
    message: z.string(),
    fieldPath: z.string().optional(),
    reason: z
      .enum(['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired', 'FieldValueDuplicate'])
      .optional(),
  }),
);

/** One level of what zod writes for `openapi-3.0`. Strict: a keyword that a structural schema cannot have is a mistake. */
const Level = z.strictObject({
  type: z.enum(['object', 'array', 'string', 'integer', 'number', 'boolean']),
  description: z.string().optional(),
  format: z.string().optional(),
  nullable: z.boolean().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minItems: z.int().optional(),
  maxItems: z.int().optional(),
  minProperties: z.int().optional(),
  maxProperties: z.int().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  'x-kubernetes-list-type': z.enum(['atomic', 'set', 'map']).optional(),
  'x-kubernetes-list-map-keys': z.array(z.string()).optional(),
  'x-kubernetes-map-type': z.enum(['atomic', 'granular']).optional(),
  'x-kubernetes-validations': CelRules.optional(),
});
type Level = z.infer<typeof Level>;

const orderOfKeys = Object.keys(Level.shape);

/**
 * A zod schema as a structural schema of Kubernetes: every level has a type, unknown fields are left to pruning, integers
 * carry a format instead of JavaScript's own limits, and every list, map and string has a bound, so that CEL's cost can be
 * estimated. Throws TypeError with the path of what cannot be said.
 */
export function structuralSchema(schema: z.ZodType, path: string): StructuralSchema {
  return structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' }), path);
}

function structural(raw: unknown, path: string): StructuralSchema {
  const parsed = Level.safeParse(raw);
  if (!parsed.success) throw new TypeError(`${path}: ${z.prettifyError(parsed.error)}`);
  const level = parsed.data;
  requireBounds(level, path);
  const { items, properties, additionalProperties, minimum, maximum, ...rest } = level;
  const entries = Object.entries({
    ...rest,
    ...(level.type === 'integer' ? integerLimits(minimum, maximum) : { minimum, maximum }),
    items: items === undefined ? undefined : structural(items, `${path}[]`),
    properties:
      properties &&
      Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, structural(property, `${path}.${name}`)]),
      ),
    additionalProperties:
      additionalProperties === undefined || additionalProperties === false
        ? undefined
        : structural(additionalProperties, `${path}{}`),
  });
  const known = entries.filter(([, value]) => value !== undefined);
  known.sort(([a], [b]) => orderOfKeys.indexOf(a) - orderOfKeys.indexOf(b));
  return { type: level.type, ...Object.fromEntries(known) };
}

function requireBounds(level: Level, path: string): void {
  const isMap = level.additionalProperties !== undefined && level.additionalProperties !== false;
  if (isMap && level.maxProperties === undefined) throw new TypeError(`${path}: a map needs maxProperties`);
  if (level.type === 'array' && level.maxItems === undefined)
    throw new TypeError(`${path}: a list needs a maximum`);
  if (level.type === 'string' && level.enum === undefined && level.maxLength === undefined)
    throw new TypeError(`${path}: a string needs a maximum`);
}

function integerLimits(minimum: number | undefined, maximum: number | undefined): Partial<StructuralSchema> {
  const low = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const fitsInt32 = low !== undefined && high !== undefined && low >= -(2 ** 31) && high < 2 ** 31;
  return {
    format: fitsInt32 ? 'int32' : 'int64',
    ...(low === undefined ? {} : { minimum: low }),
    ...(high === undefined ? {} : { maximum: high }),
  };
}
