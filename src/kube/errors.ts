import { CodedError, type CodedErrorOptions } from '../errors/coded-error.ts';

/** Everything that can go wrong between Metalwright and a Kubernetes API server. */
export const kubeErrors = {
  AlreadyExists: 'an object of this name is already there',
  BadRequest: 'the API server did not understand the request',
  Conflict: 'the object was changed by another, or another manager owns the field',
  Forbidden: 'the service account may not do this: check its RBAC rules',
  Gone: 'the resource version is too old: list again',
  InternalError: 'the API server failed',
  Invalid: 'the API server refused the object',
  InvalidResponse: 'the API server answered with something that is not the object that was asked for',
  KubeconfigInvalid: 'the kubeconfig cannot be used',
  MethodNotAllowed: 'the API server does not offer this operation for this resource',
  NotFound: 'no such object, or no such resource: check that the CRDs are installed',
  NotLeader: 'this process does not hold the lease (any more)',
  RequestTooLarge: 'the object is too large for the API server',
  Stopped: 'the operation was stopped on purpose',
  Timeout: 'the API server did not answer in time',
  TooManyRequests: 'the API server asks to slow down',
  Unauthorized: 'the API server does not accept the credentials',
  Unavailable: 'the API server cannot be reached or is not ready',
} as const;

export type KubeErrorCode = keyof typeof kubeErrors;

/** Codes after which the same request may succeed later, unchanged. A Conflict needs a fresh read, so it is not one. */
const retryableCodes: ReadonlySet<KubeErrorCode> = new Set([
  'InternalError',
  'InvalidResponse',
  'Timeout',
  'TooManyRequests',
  'Unauthorized',
  'Unavailable',
]);

export interface KubeErrorOptions extends CodedErrorOptions {
  /** What the API server asked for in `Retry-After` or `details.retryAfterSeconds`, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The API server's own sentence, without what we add to it. */
  said?: string | undefined;
  /** Which fields it refused, and why (`metav1.Status.details.causes`). */
  causes?: readonly FieldCause[] | undefined;
}

/** One field that the API server refused. */
export interface FieldCause {
  /** As the API server writes it: `spec.cidr`. */
  field: string;
  message: string;
}

/** A failure of this layer. `retryable` follows from the code unless it is given. */
export class KubeError extends CodedError<KubeErrorCode> {
  /** How long the API server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly said: string | undefined;
  readonly causes: readonly FieldCause[];

  constructor(code: KubeErrorCode, message: string, options: KubeErrorOptions = {}) {
    super(code, message, { ...options, retryable: options.retryable ?? retryableCodes.has(code) });
    this.retryAfterMs = options.retryAfterMs;
    this.said = options.said;
    this.causes = options.causes ?? [];
  }
}

/** @param seen what was observed, in words; the advice of the table is added. */
export function kubeError(code: KubeErrorCode, seen: string, options?: KubeErrorOptions): KubeError {
  return new KubeError(code, `${seen}: ${kubeErrors[code]}`, options);
}

/** True when `thrown` is a failure of this layer with one of the codes. */
export function isKubeError(thrown: unknown, ...codes: KubeErrorCode[]): thrown is KubeError {
  return thrown instanceof KubeError && (codes.length === 0 || codes.includes(thrown.code));
}
