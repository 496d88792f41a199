import type { Environment } from '@marcbachmann/cel-js';
import { z } from 'zod';

/** What of a JSON schema a CEL type follows from. */
interface Level {
  type: string;
  items?: unknown;
  properties?: Record<string, unknown> | undefined;
}

const Level = z.object({
  type: z.string(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int',
  number: 'double',
  boolean: 'bool',
};

/**
 * Declares a zod schema to CEL, so that a word that is not there is found when an expression is compiled.
 *
 * @returns the name of the CEL type
 */
export function declareType(environment: Environment, name: string, schema: z.ZodType): string {
  return declare(environment, name, z.toJSONSchema(schema, { target: 'openapi-3.0', reused: 'inline' }));
}

function declare(environment: Environment, name: string, schema: unknown): string {
  const level: Level = Level.parse(schema);
  if (level.type === 'array') return `list<${declare(environment, `${name}Item`, level.items)}>`;
  if (level.type !== 'object') return scalars[level.type] ?? 'dyn';
  if (level.properties === undefined) return 'map<string, string>';
  const fields = Object.fromEntries(
    Object.entries(level.properties).map(([field, below]) => [
      field,
      declare(environment, `${name}${field.charAt(0).toUpperCase()}${field.slice(1)}`, below),
    ]),
  );
  environment.registerType(name, { fields });
  return name;
}

/** A value as CEL knows it: whole numbers are its integers. Members that are undefined are left out. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([member, below]) => [member, toCel(below)]),
  );
}
