import { z } from 'zod';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../route.ts';
import { openApiDocument } from './document.ts';

/** The document of all operations, this one among them. */
export function openApiRoutes(operations: readonly ApiRoute[], version: string): ApiRoute[] {
  const route: ApiRoute = defineRoute({
    method: 'GET',
    path: '/api/v1/openapi.json',
    id: 'getOpenApi',
    tag: 'openapi',
    summary: 'This API as an OpenAPI 3.1 document',
    pathSchema: noParameters,
    querySchema: noParameters,
    bodySchema: noBody,
    answers: { 200: { description: 'The document.', schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
    handle: async () => {
      document ??= openApiDocument([...operations, route], version);
      return { status: 200, body: document };
    },
  });
  let document: Record<string, unknown> | undefined;
  return [route];
}
