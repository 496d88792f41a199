import { CodedError, type CodedErrorOptions } from '../../errors/coded-error.ts';

/** What can go wrong with a console, beside what goes wrong between a rack and a BMC. */
export const consoleErrors = {
  ConsoleInUse: 'the serial console is in use: take it over to end the other session',
  ConsoleDisabled: 'serial over LAN is switched off in the BMC: switch it on, for this user and channel',
  ConsoleEnded: 'the BMC has ended the serial console: another session may have taken it over',
} as const;

export type ConsoleErrorCode = keyof typeof consoleErrors;

/** @param seen what was observed; the advice of the table is added */
export function consoleError(
  code: ConsoleErrorCode,
  seen: string,
  options?: CodedErrorOptions,
): CodedError<ConsoleErrorCode> {
  return new CodedError(code, `${seen}: ${consoleErrors[code]}`, options);
}

/** Whether this is one of the table. */
export function isConsoleError(
  thrown: unknown,
  code?: ConsoleErrorCode,
): thrown is CodedError<ConsoleErrorCode> {
  return (
    thrown instanceof CodedError &&
    Object.hasOwn(consoleErrors, thrown.code) &&
    (code === undefined || thrown.code === code)
  );
}
