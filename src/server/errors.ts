import { CodedError, type CodedErrorOptions } from '../errors/coded-error.ts';

/** Everything that the REST API can answer other than what was asked for: the HTTP status, and a title that is always the same. */
export const serverErrors = {
  AlreadyExists: { status: 409, title: 'An object of this name is already there' },
  BadCursor: { status: 400, title: 'The cursor is none that this server gave for this list' },
  BadRequest: { status: 400, title: 'The request cannot be understood' },
  BodyTooLarge: { status: 413, title: 'The body is larger than this server takes' },
  Conflict: { status: 409, title: 'The object was changed by another' },
  ConsoleUnavailable: { status: 503, title: 'No rack can open the console' },
  CrossSite: { status: 403, title: 'The request comes from a page of another origin, or may do so' },
  Forbidden: { status: 403, title: 'You may not do this' },
  HeadersTooLarge: { status: 431, title: 'The head of the request is larger than this server takes' },
  HistoryUnavailable: { status: 503, title: 'History cannot be read' },
  IdempotencyKeyReused: {
    status: 422,
    title: 'This idempotency key was used for another request',
  },
  Internal: { status: 500, title: 'The server failed' },
  Invalid: { status: 422, title: 'The API server refused the object' },
  MethodNotAllowed: { status: 405, title: 'This path does not know the method' },
  Misconfigured: { status: 503, title: 'The server lacks a right that it needs' },
  NoFreeAddress: { status: 409, title: 'The subnet has no free address' },
  NotAcceptable: { status: 406, title: 'The answer has another media type than those asked for' },
  NotFound: { status: 404, title: 'There is no such thing' },
  NotReady: { status: 503, title: 'The server is starting or ending' },
  PreconditionFailed: { status: 412, title: 'The object is not the version that If-Match names' },
  PreconditionRequired: { status: 428, title: 'A replacement needs the version that it replaces' },
  ProviderUnavailable: { status: 503, title: 'The provider of identities cannot be asked' },
  RequestTimeout: { status: 408, title: 'The request did not come in time' },
  SignInRefused: { status: 403, title: 'This way of signing in was refused' },
  TooManyKeys: { status: 409, title: 'There are as many API keys as there may be' },
  TooManyRequests: { status: 429, title: 'Too many at once: try again later' },
  Unauthenticated: { status: 401, title: 'A bearer token that the API server knows is needed, or a session' },
  Unavailable: { status: 503, title: 'The API server of the cluster cannot be asked' },
  UnsupportedMediaType: { status: 415, title: 'The body has a media type that is not taken here' },
  UploadConflict: { status: 409, title: 'The upload is not where the request takes it to be' },
  UploadMismatch: { status: 422, title: 'Other bytes came than were announced' },
  UploadsFull: { status: 507, title: 'The server has no room for the file' },
  UploadsUnavailable: { status: 503, title: 'Files cannot be uploaded to this server' },
  UpstreamTimeout: { status: 504, title: 'The API server of the cluster did not answer in time' },
} as const;

export type ServerErrorCode = keyof typeof serverErrors;

/** One part of a request that is wrong. */
export interface FieldProblem {
  /** `body.spec.cidr`, `query.limit`. */
  field: string;
  message: string;
}

export interface ServerErrorOptions extends CodedErrorOptions {
  errors?: readonly FieldProblem[] | undefined;
  /** For the answer's `Retry-After`, in seconds. */
  retryAfterSeconds?: number | undefined;
  /** Methods that the path knows, for `Allow`. */
  allow?: readonly string[] | undefined;
}

/** A failure of this layer: an answer other than what was asked for. */
export class ServerError extends CodedError<ServerErrorCode> {
  readonly errors: readonly FieldProblem[];
  readonly retryAfterSeconds: number | undefined;
  readonly allow: readonly string[];

  constructor(code: ServerErrorCode, detail: string, options: ServerErrorOptions = {}) {
    super(code, detail, options);
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allow = options.allow ?? [];
  }
}

/** @param detail what is wrong this time, in a sentence that a person can act on */
export function serverError(
  code: ServerErrorCode,
  detail: string,
  options?: ServerErrorOptions,
): ServerError {
  return new ServerError(code, detail, options);
}
