/** Every refusal of the rack's HTTP side: its status and its title. The code is stable; a program may look at it. */
export const problems = {
  BadRequest: { status: 400, title: 'The request is malformed' },
  SessionUnknown: { status: 401, title: 'The session key is missing or unknown' },
  BootTokenUnknown: { status: 403, title: 'The boot token is unknown' },
  BootTokenWrongMachine: { status: 403, title: 'The boot token was made for another machine' },
  BootTokenWrongAddress: { status: 403, title: 'The boot token was made for another address' },
  SessionOver: { status: 403, title: 'The boot generation of the session is over' },
  SessionWrongAddress: { status: 403, title: 'The session belongs to another address' },
  EnlistmentRefused: { status: 403, title: 'This address has not done DHCP here' },
  EnlistmentsFull: { status: 403, title: 'Too many machines wait for approval' },
  NotFound: { status: 404, title: 'Not found' },
  MethodNotAllowed: { status: 405, title: 'Method not allowed' },
  RequestTimeout: { status: 408, title: 'The request took too long' },
  TaskOver: { status: 409, title: 'This is not the task of this session' },
  BootTokenUsed: { status: 410, title: 'The boot token was used before' },
  BootTokenExpired: { status: 410, title: 'The boot token is no longer valid' },
  PreconditionFailed: { status: 412, title: 'It is not what was expected any more' },
  BodyTooLarge: { status: 413, title: 'The body is too large' },
  UriTooLong: { status: 414, title: 'The address is too long' },
  RangeNotSatisfiable: { status: 416, title: 'The range lies outside of the file' },
  BodyRefused: { status: 422, title: 'The body is not what this address takes' },
  TooManyRequests: { status: 429, title: 'Too many requests' },
  HeadersTooLarge: { status: 431, title: 'The headers are too large' },
  Internal: { status: 500, title: 'The rack failed' },
  ImageUnavailable: { status: 503, title: 'The rack does not hold the image yet' },
  NotReady: { status: 503, title: 'The rack is not ready for this yet' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** The body of `application/problem+json` (RFC 9457). */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
}

export function problemBody(code: ProblemCode, detail: string | undefined): ProblemBody {
  const { status, title } = problems[code];
  return {
    type: `urn:metalwright:problem:${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
  };
}
