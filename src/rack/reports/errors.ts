import { CodedError } from '../../errors/coded-error.ts';

/** What can go wrong when a rack writes down what it saw; what the API server says is a KubeError. */
export const reportErrors = {
  MachineNameTaken:
    'another Machine has this name: delete it, or describe this machine by a Machine of its own',
  ReportContended: 'the machine is being written by others again and again: it is tried again',
} as const;

export type ReportErrorCode = keyof typeof reportErrors;

/** @param seen what was observed, in words; the advice of the table is added. */
export function reportError(code: ReportErrorCode, seen: string): CodedError<ReportErrorCode> {
  return new CodedError(code, `${seen}: ${reportErrors[code]}`, { retryable: true });
}
