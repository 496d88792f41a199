import { z } from 'zod';
import { OperatorConfiguration } from '../../src/config/operator.ts';
import { RackConfiguration } from '../../src/config/rack.ts';
import { ServerConfiguration } from '../../src/config/server.ts';
import { isRecord } from '../../src/kube/json.ts';

/** A JSON schema, as far as this module looks into it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Programs that have a configuration. */
export type Program = 'operator' | 'rack' | 'server';

/** Variables that the chart's templates set themselves, without their prefix. */
const setByChart: Readonly<Record<Program, readonly string[]>> = {
  operator: ['NAMESPACE', 'IDENTITY', 'ADMIN_ADDRESS', 'ADMIN_PORT', 'ADMIN_CERTIFICATE', 'ADMIN_KEY'],
  rack: [
    'NAMESPACE',
    'RACK_NAME',
    'STATE_DIR',
    'ADMIN_ADDRESS',
    'ADMIN_PORT',
    'ADMIN_CERTIFICATE',
    'ADMIN_KEY',
  ],
  server: [
    'NAMESPACE',
    'API_ADDRESS',
    'API_PORT',
    'API_CERTIFICATE',
    'API_KEY',
    'API_CURSOR_KEY',
    'API_SESSION_KEYS',
    'API_KEYS_SECRET',
    'API_RACK_CA',
    'API_RACK_NAME',
    'HISTORY_DIRECTORY',
    'UPLOADS_DIRECTORY',
    'UPLOADS_URL',
    'WEBHOOKS',
  ],
};

const variables: Readonly<Record<Program, z.ZodType>> = {
  operator: OperatorConfiguration.in,
  rack: RackConfiguration.in,
  server: ServerConfiguration.in,
};

/** The schema of `operator.config` and the like: a program's own variables, each as a text or as YAML has it. */
export function configSchema(program: Program): JsonSchema {
  const texts = propertiesOf(variables[program], 'input');
  const values = propertiesOf(variables[program], 'output');
  const hidden = new Set([
    'KUBECONFIG',
    'DATABASE_URL',
    ...setByChart[program].map((name) => `METALWRIGHT_${name}`),
  ]);
  const own = Object.keys(texts).filter((name) => !hidden.has(name));
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(own.map((name) => [name, ofYaml(texts[name] ?? {}, values[name] ?? {})])),
  };
}

function propertiesOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, JsonSchema> {
  const { properties } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  if (!isRecord(properties)) throw new TypeError('a configuration is an object');
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, isRecord(property) ? property : {}]),
  );
}

/** What is read from a text may be written as what it is read as: 900, true, [a, b]. */
function ofYaml(text: JsonSchema, value: JsonSchema): JsonSchema {
  const description = value.default === undefined ? {} : { description: `Default: ${shown(value.default)}.` };
  const words = pick(text, ['type', 'pattern', 'enum', 'minLength', 'maxLength']);
  switch (value.type) {
    case 'integer':
      return { anyOf: [pick(value, ['type', 'minimum', 'maximum']), words], ...description };
    case 'boolean':
      return { anyOf: [{ type: 'boolean' }, { enum: ['true', 'false'] }], ...description };
    case 'array':
      return { anyOf: [{ type: 'array', items: { type: 'string' } }, words], ...description };
    default:
      return { ...words, ...description };
  }
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

function pick(schema: JsonSchema, names: readonly string[]): JsonSchema {
  return Object.fromEntries(names.flatMap((name) => (name in schema ? [[name, schema[name]]] : [])));
}
