import { CodedError, type CodedErrorOptions } from '../src/errors/coded-error.ts';

/**
 * What can go wrong in the laboratory:
 * - `ToolMissing`: a program that the laboratory needs is not installed, and was not found in the cache
 * - `CommandFailed`: a program ended with a code other than 0
 * - `DaemonDied`: a background program ended before it was ready
 * - `TimedOut`: something did not become true within its deadline
 * - `NotFound`: the laboratory has no such thing
 * - `Failed`: a machine or an Allocation ended in a failed phase
 * - `Conflict`: something that belongs to somebody else is in the way (a bridge, an address, a port)
 */
export type LabErrorCode =
  | 'ToolMissing'
  | 'CommandFailed'
  | 'DaemonDied'
  | 'TimedOut'
  | 'NotFound'
  | 'Failed'
  | 'Conflict';

/** A failure of the laboratory, with a message that says what to do about it. */
export function labError(
  code: LabErrorCode,
  message: string,
  options?: CodedErrorOptions,
): CodedError<LabErrorCode> {
  return new CodedError(code, message, options);
}
