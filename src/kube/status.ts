import { type FieldCause, KubeError, type KubeErrorCode, kubeErrors } from './errors.ts';
import { isRecord, parseJson, stringMember } from './json.ts';

/** `metav1.Status.reason` of the API server and the code that it becomes. */
const codeByReason: Readonly<Record<string, KubeErrorCode>> = {
  AlreadyExists: 'AlreadyExists',
  BadRequest: 'BadRequest',
  Conflict: 'Conflict',
  Expired: 'Gone',
  Forbidden: 'Forbidden',
  Gone: 'Gone',
  InternalError: 'InternalError',
  Invalid: 'Invalid',
  MethodNotAllowed: 'MethodNotAllowed',
  NotAcceptable: 'BadRequest',
  NotFound: 'NotFound',
  RequestEntityTooLarge: 'RequestTooLarge',
  ServerTimeout: 'Timeout',
  ServiceUnavailable: 'Unavailable',
  StoreReadError: 'Unavailable',
  Timeout: 'Timeout',
  TooManyRequests: 'TooManyRequests',
  Unauthorized: 'Unauthorized',
  UnsupportedMediaType: 'BadRequest',
};

const codeByHttpStatus: Readonly<Record<number, KubeErrorCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestTooLarge',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'Unavailable',
  503: 'Unavailable',
  504: 'Timeout',
};

function codeOfHttpStatus(status: number): KubeErrorCode {
  return codeByHttpStatus[status] ?? (status >= 500 ? 'InternalError' : 'BadRequest');
}

/**
 * The failure that an answer other than 2xx stands for: `metav1.Status` where the API server sent one, else by the HTTP status (a
 * proxy in between answers in HTML).
 * @param what the operation in words, such as `getting machines/rack1-u7`.
 * @param retryAfter the header's value in seconds, when there was one.
 */
export function errorOfResponse(
  what: string,
  httpStatus: number,
  body: string,
  retryAfter?: string,
): KubeError {
  let status: unknown;
  try {
    status = parseJson(body);
  } catch {
    status = undefined;
  }
  return errorOfStatus(what, status, httpStatus, retryAfter);
}

/** As {@link errorOfResponse}, for a `metav1.Status` that came as JSON: the object of a watch's ERROR event, for one. */
export function errorOfStatus(
  what: string,
  status: unknown,
  httpStatus?: number,
  retryAfter?: string,
): KubeError {
  const reason = stringMember(status, 'reason');
  const statusCode = httpStatus ?? (isRecord(status) && typeof status.code === 'number' ? status.code : 500);
  const byReason = reason === undefined ? undefined : codeByReason[reason];
  const code = isUidMismatch(status) ? 'Conflict' : (byReason ?? codeOfHttpStatus(statusCode));
  const message = stringMember(status, 'message');
  const said = message ?? `HTTP ${statusCode}`;
  return new KubeError(code, `${what} failed: ${said} (${kubeErrors[code]})`, {
    retryAfterMs: retryAfterMs(status, retryAfter),
    said: message,
    causes: causesOf(status),
  });
}

function causesOf(status: unknown): FieldCause[] {
  const details = isRecord(status) ? status.details : undefined;
  const causes = isRecord(details) && Array.isArray(details.causes) ? details.causes : [];
  return causes.map((cause: unknown) => ({
    field: stringMember(cause, 'field') ?? '',
    message: stringMember(cause, 'message') ?? '',
  }));
}

/** A wrong `metadata.uid` in an apply is called Invalid when an object of the name exists: "the object is another one now" all the same. */
function isUidMismatch(status: unknown): boolean {
  const details = isRecord(status) ? status.details : undefined;
  const causes = isRecord(details) ? details.causes : undefined;
  return Array.isArray(causes) && causes.some((cause) => stringMember(cause, 'field') === 'metadata.uid');
}

function retryAfterMs(status: unknown, header: string | undefined): number | undefined {
  const details = isRecord(status) ? status.details : undefined;
  const inBody = isRecord(details) ? details.retryAfterSeconds : undefined;
  const seconds = typeof inBody === 'number' && inBody > 0 ? inBody : Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 120) * 1000 : undefined;
}
