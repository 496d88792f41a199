import type { CodedError } from '../../../errors/coded-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import type { SshAnswer } from './client.ts';

/** What a controller's command line says when it does not do what it was told. The first that matches counts. */
export type Complaints = readonly (readonly [pattern: RegExp, code: PowerErrorCode, retryable?: boolean])[];

/** The error that a command line's answer is, or undefined when nothing in it is known as a complaint. */
export function complaintIn(
  what: string,
  { stdout, stderr }: SshAnswer,
  complaints: Complaints,
): CodedError<PowerErrorCode> | undefined {
  const said = `${stdout}\n${stderr}`;
  for (const [pattern, code, retryable = false] of complaints) {
    if (pattern.test(said)) return powerError(code, `${what}: ${firstLines(said)}`, { retryable });
  }
  return undefined;
}

/** The error for an answer that nobody understands. */
export function garbage(what: string, { stdout, stderr, code }: SshAnswer): CodedError<PowerErrorCode> {
  const said = firstLines(`${stdout}\n${stderr}`) || `nothing (exit status ${code})`;
  return powerError('BmcProtocolError', `${what} says ${said}`, { retryable: true });
}

function firstLines(said: string): string {
  return said.trim().replaceAll(/\s+/g, ' ').slice(0, 200);
}
