/**
 * The one error class of Metalwright. Every layer has one table of codes (`src/<layer>/errors.ts`) and throws nothing
 * else on purpose; condition reasons, HTTP problems and messages to people derive from the code.
 */
export interface CodedErrorOptions {
  /** What was underneath, kept for logs. */
  cause?: unknown;
  /** True when doing the same thing again later may succeed. Default false. */
  retryable?: boolean;
}

export class CodedError<Code extends string = string> extends Error {
  /** CamelCase, stable, one of the layer's table: usable as a condition reason. */
  readonly code: Code;
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
