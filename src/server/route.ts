import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../kube/endpoint/caller-review.ts';
import { type ServerErrorCode, serverError } from './errors.ts';
import type { SignedIn } from './sign-in/identify.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler is given: checked, and from a known caller. */
export interface Asked<Path, Query, Body> {
  path: Path;
  query: Query;
  body: Body;
  /** By lower-case name. */
  header(name: string): string | undefined;
  caller: Caller;
  signedIn: SignedIn;
  /** Who the caller is by now, for what goes on for long. Errors: Unauthenticated, Unavailable. */
  again(): Promise<Caller>;
  requestId: string;
}

/** What the handler of an open route is given: checked, from whoever it is. */
export interface OpenlyAsked<Query, Body> {
  query: Query;
  body: Body;
  /** By lower-case name. */
  header(name: string): string | undefined;
  /** Path and query, as they came. */
  url: string;
}

/** What a handler answers with. Undefined body: none. */
export interface Answer {
  status: number;
  body?: unknown;
  /** The body as JSON text already, instead of `body`. */
  text?: string;
  headers?: Record<string, string>;
  /** `Set-Cookie` headers. */
  cookies?: readonly string[];
}

/** One answer of a route, for the document. */
export interface AnswerDescription {
  description: string;
  schema?: z.ZodType;
  mediaType?: string;
  headers?: Readonly<Record<string, string>>;
}

/** One operation of the API: what is served and what is documented. */
export interface ApiRoute {
  method: Method;
  /** As in OpenAPI: `/api/v1/machines/{name}`. */
  path: string;
  /** Unique: `listMachines`. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  pathSchema: z.ZodObject;
  querySchema: z.ZodObject;
  /** Header parameters, by their names as people write them, with what they are for. */
  headers?: Readonly<Record<string, string>>;
  bodySchema: z.ZodType;
  /** Media types of the body. Default: application/json. */
  bodyTypes?: readonly string[];
  answers: Readonly<Record<number, AnswerDescription>>;
  /** Problems beside those that every route may answer with. */
  problems: readonly ServerErrorCode[];
  /** Everybody may ask. Default: callers whose token the API server knows. */
  open?: boolean;
  /** False: it changes nothing, whatever its method. */
  writes?: boolean;
  /** Attempts are counted, and few are let through. */
  signsIn?: boolean;
  /** Its body is a stream, which may take as long as something comes. */
  streams?: boolean;
  run: Run;
}

/** A checked request to its answer; undefined: the handler has answered by itself (a stream). */
export type Run = (
  request: FastifyRequest,
  reply: FastifyReply,
  who: { signedIn: SignedIn; again(): Promise<Caller> } | undefined,
) => Promise<Answer | undefined>;

/** For routes without parameters, and without a body. */
export const noParameters = z.strictObject({});
export const noBody = z.unknown();

/** Ties a handler to the schemas of its route, so that it sees checked values of the right types. */
export function defineRoute<Path extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  route: Omit<ApiRoute, 'run' | 'pathSchema' | 'querySchema' | 'bodySchema' | 'open'> & {
    pathSchema: Path;
    querySchema: Query;
    bodySchema: Body;
    handle(
      asked: Asked<z.output<Path>, z.output<Query>, z.output<Body>>,
      reply: FastifyReply,
    ): Promise<Answer | undefined>;
  },
): ApiRoute {
  const { handle, ...rest } = route;
  return {
    ...rest,
    async run(request, reply, who) {
      if (who === undefined) throw serverError('Unauthenticated', 'send Authorization: Bearer and a token');
      return handle(
        {
          path: checked(route.pathSchema, 'path', request.params),
          query: checked(route.querySchema, 'query', request.query),
          body: checked(route.bodySchema, 'body', request.body),
          caller: who.signedIn.caller,
          ...who,
          requestId: request.id,
          header: headersOf(request),
        },
        reply,
      );
    },
  };
}

/** As `defineRoute`, for a path without parameters that everybody may ask for. */
export function defineOpenRoute<Query extends z.ZodObject, Body extends z.ZodType>(
  route: Omit<ApiRoute, 'run' | 'pathSchema' | 'querySchema' | 'bodySchema' | 'open'> & {
    querySchema: Query;
    bodySchema: Body;
    handle(asked: OpenlyAsked<z.output<Query>, z.output<Body>>): Promise<Answer>;
  },
): ApiRoute {
  const { handle, ...rest } = route;
  return {
    ...rest,
    pathSchema: noParameters,
    open: true,
    run: async (request) =>
      handle({
        query: checked(route.querySchema, 'query', request.query),
        body: checked(route.bodySchema, 'body', request.body),
        header: headersOf(request),
        url: request.url,
      }),
  };
}

function headersOf({ headers }: FastifyRequest): (name: string) => string | undefined {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
}

/** Errors: BadRequest, with every field that is wrong. */
function checked<Schema extends z.ZodType>(schema: Schema, part: string, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    field: [part, ...path.map(String)].join('.'),
    message,
  }));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw serverError('BadRequest', detail, { errors });
}
