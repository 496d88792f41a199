import { CodedError, messageOf } from '../errors/coded-error.ts';
import { isKubeError, type KubeError, type KubeErrorCode, kubeErrors } from '../kube/errors.ts';
import type { Exit } from './exit-codes.ts';

/** A command that cannot be carried out, in words for the person who typed it. */
export class CliError extends CodedError<Exit> {
  /** What to do about it, as a command or a sentence. */
  readonly hint: string | undefined;

  constructor(exit: Exit, message: string, hint?: string) {
    super(exit, message);
    this.name = 'CliError';
    this.hint = hint;
  }
}

/** What a person is told of anything that was thrown. */
export interface Told {
  exit: Exit;
  message: string;
  hint?: string | undefined;
}

const exitByCode: Partial<Record<KubeErrorCode, Exit>> = {
  AlreadyExists: 'refused',
  BadRequest: 'refused',
  Conflict: 'refused',
  Forbidden: 'refused',
  Invalid: 'refused',
  NotFound: 'notFound',
  Stopped: 'interrupted',
  Timeout: 'timedOut',
};

const hintByCode: Partial<Record<KubeErrorCode, string>> = {
  AlreadyExists: 'choose another name, or look at the one that is there',
  Conflict: 'somebody else changed it at the same time: look again, and repeat',
  Forbidden: 'ask for a role that allows it; "mw doctor" lists what you may do',
  KubeconfigInvalid: 'name a kubeconfig with --kubeconfig or KUBECONFIG, a context with --context',
  NotFound: 'are the CRDs installed? "mw doctor" looks',
  Timeout: 'the API server is slow or far away: repeat, or look at it with "mw doctor"',
  TooManyRequests: 'the API server is busy: repeat in a while',
  Unauthorized: 'log in again: the token or certificate of the kubeconfig is not accepted (any more)',
  Unavailable: 'is the API server up, and the address in the kubeconfig right? "mw doctor" looks',
};

/** The exit, the message and the hint for anything that was thrown. */
export function explain(thrown: unknown): Told {
  if (thrown instanceof CliError) return { exit: thrown.code, message: thrown.message, hint: thrown.hint };
  if (isKubeError(thrown)) {
    return {
      exit: exitByCode[thrown.code] ?? 'failed',
      message: withoutAdvice(thrown),
      hint: hintByCode[thrown.code],
    };
  }
  return { exit: 'failed', message: messageOf(thrown) };
}

/** The advice of the table is for those who run controllers. */
function withoutAdvice({ code, message }: KubeError): string {
  const advice = kubeErrors[code];
  return message
    .replace(` (${advice})`, '')
    .replace(`: ${advice}`, '')
    .replace(/^(creating|patching|getting|listing|applying|deleting|watching) \S+ failed: /, '');
}
