/** One part of a request that is wrong. */
export interface FieldProblem {
  /** `body.spec.cidr`, `query.limit`. */
  field: string;
  message: string;
}

/** RFC 9457, as the server sends it. */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  /** docs/reference/api.md, "Problems"; `Offline` when the server was not reached. */
  code: string;
  requestId?: string;
  errors?: readonly FieldProblem[];
}

/** An answer of the server other than what was asked for. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** What the server asked to wait before another try. */
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Problem, retryAfterSeconds?: number) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Any failure as a problem that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { title: 'Something went wrong in this page', status: 0, detail, code: 'PageFailed' };
}

/** Whether the server says that nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'Unauthenticated';
}

/** Whether another has changed the object in the meantime. */
export function isConflict(error: unknown): boolean {
  return error instanceof ProblemError && ['Conflict', 'PreconditionFailed'].includes(error.problem.code);
}

/** Whether trying again without a change may help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return false;
  const { code, status } = error.problem;
  if (code === 'UploadsFull') return false;
  return code === 'Offline' || status === 429 || status >= 502;
}

/** What an answer that is no success says; it need not be a problem document: a proxy may have sent it. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const fallback: Problem = {
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    detail: `The server answered with ${response.status}.`,
    code: response.status === 401 ? 'Unauthenticated' : `Http${response.status}`,
  };
  const isProblem = (response.headers.get('content-type') ?? '').includes('problem+json');
  const body: Partial<Problem> = isProblem ? await response.json().catch(() => ({})) : {};
  return new ProblemError({ ...fallback, ...body }, Number.isFinite(retryAfter) ? retryAfter : undefined);
}
