import { CodedError, type CodedErrorOptions } from '../errors/coded-error.ts';

/** Everything that controllers throw on purpose; what the API server says is a KubeError. */
export const controllerErrors = {
  ForeignSeed: 'another deployment left its seed Secret behind; it is removed and the work tried again',
  SealingKeyUnusable: 'it holds no X25519 private key: delete it, and another one is made',
  TransitionForbidden: 'the lifecycle has no such way: this is a fault of the program',
} as const;

export type ControllerErrorCode = keyof typeof controllerErrors;

/** @param seen what was observed, in words; the explanation of the table is added. */
export function controllerError(
  code: ControllerErrorCode,
  seen: string,
  options?: CodedErrorOptions,
): CodedError<ControllerErrorCode> {
  return new CodedError(code, `${seen}: ${controllerErrors[code]}`, options);
}
