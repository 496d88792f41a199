import { z } from 'zod';
import { messageOf } from '../errors/coded-error.ts';
import { isKubeError, type KubeError, type KubeErrorCode } from '../kube/errors.ts';
import { ServerError, type ServerErrorCode, serverError, serverErrors } from './errors.ts';

export const problemMediaType = 'application/problem+json';

/** RFC 9457, with our code. */
export const Problem = z
  .object({
    type: z.string().describe('A name of the kind of problem: urn:metalwright:problem: and the code.'),
    title: z.string().describe('The same for every problem of this code.'),
    status: z.int().min(400).max(599).describe('The HTTP status.'),
    detail: z.string().describe('What is wrong this time.'),
    code: z.string().describe('One word for programs.'),
    requestId: z.string().describe('As in the header X-Request-Id, and in the server’s log.'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Which parts of the request are wrong, where that is known.'),
  })
  .describe('RFC 9457: what is wrong.');
export type Problem = z.infer<typeof Problem>;

const codeByKubeError: Readonly<Record<KubeErrorCode, ServerErrorCode>> = {
  AlreadyExists: 'AlreadyExists',
  BadRequest: 'BadRequest',
  Conflict: 'Conflict',
  Forbidden: 'Forbidden',
  Gone: 'Conflict',
  InternalError: 'Unavailable',
  Invalid: 'Invalid',
  InvalidResponse: 'Unavailable',
  KubeconfigInvalid: 'Internal',
  MethodNotAllowed: 'MethodNotAllowed',
  NotFound: 'NotFound',
  NotLeader: 'Internal',
  RequestTooLarge: 'BodyTooLarge',
  Stopped: 'NotReady',
  Timeout: 'UpstreamTimeout',
  TooManyRequests: 'TooManyRequests',
  Unauthorized: 'Unavailable',
  Unavailable: 'Unavailable',
};

/** What the framework says, as one of our codes. */
const codeByFastifyError: Readonly<Record<string, ServerErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BodyTooLarge',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BadRequest',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BadRequest',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BadRequest',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UnsupportedMediaType',
  FST_ERR_CTP_INVALID_TYPE: 'UnsupportedMediaType',
  FST_ERR_BAD_URL: 'BadRequest',
  FST_ERR_MAX_PARAM_LENGTH: 'BadRequest',
};

/** Whatever was thrown, as a failure of this layer. What is unexpected tells callers nothing. */
export function serverErrorOf(thrown: unknown): ServerError {
  if (thrown instanceof ServerError) return thrown;
  if (isKubeError(thrown)) return errorOfKube(thrown);
  const known = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const code = codeByFastifyError[known];
  if (code !== undefined) return serverError(code, messageOf(thrown), { cause: thrown });
  if (thrown instanceof Error && 'statusCode' in thrown && thrown.statusCode === 400) {
    return serverError('BadRequest', messageOf(thrown), { cause: thrown });
  }
  return serverError('Internal', 'the server failed; its log says more under the request id', {
    cause: thrown,
  });
}

function errorOfKube(error: KubeError): ServerError {
  const { said, causes, retryAfterMs } = error;
  if (error.code === 'Forbidden' && said !== undefined && /cannot impersonate/.test(said)) {
    return serverError('Misconfigured', 'the server’s service account may not impersonate this user', {
      cause: error,
    });
  }
  const code = codeByKubeError[error.code];
  const isOurs = code === 'Internal' || code === 'Unavailable' || code === 'UpstreamTimeout';
  // The API server's own sentence about a user's request goes to the user; one about ours does not.
  const detail = isOurs ? serverErrors[code].title : (said ?? serverErrors[code].title);
  return serverError(code, detail, {
    cause: error,
    errors: causes.map(({ field, message }) => ({ field: `body.${field}`, message })),
    retryAfterSeconds: retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000)),
  });
}

/** The body of the answer. */
export function problemOf(error: ServerError, requestId: string): Problem {
  const { status, title } = serverErrors[error.code];
  return {
    type: `urn:metalwright:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.errors.length === 0 ? {} : { errors: [...error.errors] }),
  };
}
