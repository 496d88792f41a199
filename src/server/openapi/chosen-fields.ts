type Json = Record<string, unknown>;

/** What is there whatever fields are asked for; of metadata its name. */
const always = ['apiVersion', 'kind', 'metadata'];

/**
 * The JSON Schema of an answer with objects of Kubernetes in it, of which callers may have asked for some fields alone: below the
 * objects nothing is required but what names them.
 */
export function withChosenFields(schema: Json): Json {
  const { properties } = schema;
  if (!isJson(properties) || !always.every((name) => name in properties)) {
    return mapSchemas(schema, withChosenFields);
  }
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, member]) => [
        name,
        always.includes(name) || !isJson(member) ? member : withoutRequired(member),
      ]),
    ),
    required: always,
  };
}

/** Of alternatives that differ by what they require, several may hold by now. */
function withoutRequired({ required: _required, oneOf, anyOf = oneOf, ...schema }: Json): Json {
  return mapSchemas({ ...schema, ...(anyOf === undefined ? {} : { anyOf }) }, withoutRequired);
}

/** A schema with each schema directly within it changed (JSON Schema 2020-12, 10.2 and 10.3). */
function mapSchemas(schema: Json, change: (schema: Json) => Json): Json {
  const changed = (value: unknown): unknown => (isJson(value) ? change(value) : value);
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === 'properties' && isJson(value)) {
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, of]) => [name, changed(of)]))];
      }
      if (keyword === 'items' || keyword === 'additionalProperties') return [keyword, changed(value)];
      if (/^(any|all|one)Of$/.test(keyword) && Array.isArray(value)) return [keyword, value.map(changed)];
      return [keyword, value];
    }),
  );
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
