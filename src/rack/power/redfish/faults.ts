import type { CodedError } from '../../../errors/coded-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { statusMeaning } from '../http/errors.ts';
import { ErrorBody } from './resources.ts';

/** An answer of the BMC. */
export interface RedfishResponse {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** The parsed JSON; undefined without a body, or when it is not JSON. */
  body: unknown;
  /** True when there was a body that is not JSON. */
  garbled: boolean;
}

/** Message ids (of the Base registry and of makers) for a machine that cannot do this just now. */
const passing =
  /InvalidOperationForSystemState|ResourceInUse|ServiceTemporarilyUnavailable|ServiceInUnknownState|ResourceInStandby|OperationNotAllowed|ActionParameterValueConflict|NotReady|RAC0508|SYS518|CreateLimitReached|SessionLimitExceeded|UnableToModifyDuringSystemPOST|PowerControlOperation/i;

/** Whether the BMC says that it, or the machine, is only not ready: the same may work in a moment. */
export function isPassing(response: RedfishResponse): boolean {
  return passing.test(messagesOf(response).ids.join(' '));
}

/** The error behind an HTTP status of 400 or more; `what` names the request. */
export function statusError(response: RedfishResponse, what: string): CodedError<PowerErrorCode> {
  const { code, retryable } = classify(response);
  return powerError(code, `${what}: ${describe(response)}`, { retryable });
}

function classify(response: RedfishResponse): { code: PowerErrorCode; retryable: boolean } {
  // What was read has been changed by somebody else: it is read anew with the next try.
  if (response.status === 412) return { code: 'BmcProtocolError', retryable: true };
  return isPassing(response) ? { code: 'BmcBusy', retryable: true } : statusMeaning(response.status);
}

/** Status and messages of an answer, cut to a readable length. */
export function describe(response: RedfishResponse): string {
  const { ids, sentences } = messagesOf(response);
  const said = [...new Set([...sentences, ...ids])].join('; ').slice(0, 400);
  return said === '' ? `HTTP ${response.status}` : `HTTP ${response.status}: ${said}`;
}

function messagesOf(response: RedfishResponse): { ids: string[]; sentences: string[] } {
  const parsed = ErrorBody.safeParse(response.body);
  const error = parsed.success ? parsed.data.error : undefined;
  const extended = error?.['@Message.ExtendedInfo'] ?? [];
  const said = (values: (string | undefined)[]): string[] => values.filter((value) => value !== undefined);
  const sentences = said(extended.map((message) => message.Message));
  return {
    ids: said([error?.code, ...extended.map((message) => message.MessageId)]),
    sentences: sentences.length > 0 ? sentences : said([error?.message]),
  };
}
