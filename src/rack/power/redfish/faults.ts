import { type CodedError, messageOf } from '../../../errors/coded-error.ts';
import { isPowerError, type PowerErrorCode, powerError } from '../errors.ts';
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

/** OpenSSL's and Node's names of a certificate that is not trusted, or of no common TLS. */
const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^ERR_(TLS|SSL)|^EPROTO$/;

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
  const { status } = response;
  if (isPassing(response)) return { code: 'BmcBusy', retryable: true };
  if (status === 401) return { code: 'BmcAuthenticationFailed', retryable: false };
  if (status === 403) return { code: 'BmcPrivilegeTooLow', retryable: false };
  if (status === 404) return { code: 'BmcUnsupported', retryable: false };
  if (status === 405 || status === 501) return { code: 'BmcUnsupported', retryable: false };
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return { code: 'BmcBusy', retryable: true };
  }
  return { code: 'BmcProtocolError', retryable: false };
}

/** The error behind a connection that failed, or a time that ran out. Errors that have a name already keep it. */
export function connectionError(thrown: unknown, what: string): CodedError<PowerErrorCode> {
  if (isPowerError(thrown)) return thrown;
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  if (isPowerError(cause)) return cause;
  const systemCode = codeOf(thrown) ?? codeOf(cause);
  const seen = `${what}: ${messageOf(thrown) || systemCode || 'connection failed'}`;
  if (systemCode !== undefined && tlsCode.test(systemCode)) {
    return powerError('BmcTlsFailed', seen, { cause: thrown });
  }
  return powerError('BmcUnreachable', seen, { cause: thrown, retryable: true });
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

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}
