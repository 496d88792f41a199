import { z } from 'zod';
import { type ServerErrorCode, serverErrors } from '../errors.ts';
import { Problem, problemMediaType } from '../problem.ts';
import type { AnswerDescription, ApiRoute } from '../route.ts';
import { withChosenFields } from './chosen-fields.ts';

type Json = Record<string, unknown>;

/** What every operation may answer with. */
const commonProblems: readonly ServerErrorCode[] = [
  'BadRequest',
  'Unauthenticated',
  'NotAcceptable',
  'TooManyRequests',
  'HeadersTooLarge',
  'NotReady',
  'UpstreamTimeout',
];

/** What only operations with a body may answer with. */
const bodyProblems: readonly ServerErrorCode[] = ['BodyTooLarge', 'UnsupportedMediaType'];

/** The OpenAPI 3.1 document of a table of routes. Schemas come from zod, and from nowhere else. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Metalwright',
      version,
      description:
        'Machines, allocations, networks and images. Objects are custom resources of Kubernetes: what is written here is written there, with the rights of whoever asks.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }, { session: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token that the API server of the cluster knows.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-metalwright-session',
          description:
            'Of a browser that has signed in. Requests that change something need the header X-Metalwright-Request as well.',
        },
      },
      schemas: { Problem: schemaOf(Problem, 'output') },
    },
  };
}

/** Problems of a route by HTTP status. */
export function problemsOf(route: ApiRoute): Map<number, ServerErrorCode[]> {
  const hasBody = takesBody(route);
  const codes = [...commonProblems, ...(hasBody ? bodyProblems : []), ...route.problems];
  return Map.groupBy([...new Set(codes)], (code) => serverErrors[code].status);
}

/** Whether the route looks at a body. */
export function takesBody({ method }: ApiRoute): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function operationOf(route: ApiRoute): Json {
  const { id, tag, summary, description, bodySchema, bodyTypes = ['application/json'] } = route;
  const schema = takesBody(route) ? schemaOf(bodySchema, 'input') : undefined;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(route.open === true ? { security: [] } : {}),
    ...(description === undefined ? {} : { description }),
    parameters: parametersOf(route),
    ...(schema === undefined
      ? {}
      : {
          requestBody: {
            // None at all is a stream of no bytes.
            required: route.streams !== true,
            content: Object.fromEntries(bodyTypes.map((type) => [type, { schema }])),
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [
          status,
          answerOf(answer, 'fields' in route.querySchema.shape),
        ]),
      ),
      ...Object.fromEntries([...problemsOf(route)].map(([status, codes]) => [status, problemAnswer(codes)])),
    },
  };
}

function parametersOf({ pathSchema, querySchema, headers = {} }: ApiRoute): Json[] {
  const of = (where: 'path' | 'query', parameters: z.ZodObject): Json[] => {
    const { properties, required } = schemaOf(parameters, 'input');
    const names = Array.isArray(required) ? required : [];
    return Object.entries(isJson(properties) ? properties : {}).map(([name, schema]) => {
      const { description, ...rest } = isJson(schema) ? schema : {};
      return { name, in: where, required: names.includes(name), description, schema: rest };
    });
  };
  return [
    ...of('path', pathSchema),
    ...of('query', querySchema),
    ...Object.entries(headers).map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    })),
  ];
}

/** @param choosesFields callers may ask for some fields of the objects alone */
function answerOf(
  { description, schema, mediaType = 'application/json', headers = {} }: AnswerDescription,
  choosesFields: boolean,
) {
  const made = schema && schemaOf(schema, 'output');
  const content =
    made !== undefined
      ? { [mediaType]: { schema: choosesFields ? withChosenFields(made) : made } }
      : mediaType === 'application/json'
        ? undefined
        : { [mediaType]: { schema: { type: 'string' } } };
  return {
    description,
    ...(Object.keys(headers).length === 0
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [
              name,
              { description: text, schema: { type: 'string' } },
            ]),
          ),
        }),
    ...(content === undefined ? {} : { content }),
  };
}

function problemAnswer(codes: readonly ServerErrorCode[]): Json {
  return {
    description: codes.map((code) => `${code}: ${serverErrors[code].title}.`).join(' '),
    content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const schemas = { input: new WeakMap<z.ZodType, Json>(), output: new WeakMap<z.ZodType, Json>() };

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const known = schemas[io].get(schema);
  if (known !== undefined) return known;
  const made: Json = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    reused: 'inline',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // What only a CustomResourceDefinition needs.
      for (const name of Object.keys(jsonSchema)) {
        if (name.startsWith('x-kubernetes-')) Reflect.deleteProperty(jsonSchema, name);
      }
      // Answers may grow: a client that was made for fewer fields goes on to work.
      if (io === 'output') Reflect.deleteProperty(jsonSchema, 'additionalProperties');
    },
  });
  const { $schema: _dialect, ...rest } = made;
  schemas[io].set(schema, rest);
  return rest;
}
