import type { CodedError } from '../../../errors/coded-error.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { childOf, textAt, type XmlElement } from '../xml/element.ts';

/** A fault of vSphere: its type in the vim25 schema, and its text for a person. */
export interface VimFault {
  type: string;
  message: string;
}

interface Meaning {
  code: PowerErrorCode;
  retryable: boolean;
}

const busy: Meaning = { code: 'BmcBusy', retryable: true };
const missing: Meaning = { code: 'BmcSystemNotFound', retryable: false };
const unable: Meaning = { code: 'BmcUnsupported', retryable: false };

/** Types of the vim25 schema by what they mean for a person. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['InvalidLogin', { code: 'BmcAuthenticationFailed', retryable: false }],
  ['NotAuthenticated', { code: 'BmcAuthenticationFailed', retryable: false }],
  ['NoPermission', { code: 'BmcPrivilegeTooLow', retryable: false }],
  ['RestrictedVersion', { code: 'BmcPrivilegeTooLow', retryable: false }],
  ['ManagedObjectNotFound', missing],
  ['NotFound', missing],
  ['TaskInProgress', busy],
  ['ConcurrentAccess', busy],
  ['ResourceInUse', busy],
  ['HostNotConnected', busy],
  ['HostCommunication', busy],
  ['Timedout', busy],
  ['ToolsUnavailable', unable],
  ['NotSupported', unable],
  ['InsufficientResourcesFault', unable],
  ['InvalidState', unable],
  ['InvalidPowerState', unable],
  ['VmConfigFault', unable],
]);

/** The fault of an answer's body; undefined when it has none. */
export function faultIn(body: XmlElement | undefined): VimFault | undefined {
  const fault = childOf(body, 'Fault');
  if (fault === undefined) return undefined;
  const detail = childOf(fault, 'detail')?.children[0];
  return { type: typeOf(detail) ?? 'unknown', message: textAt(fault, 'faultstring') ?? '' };
}

/** The fault of a task that failed: a `LocalizedMethodFault`. */
export function faultOfTask(error: XmlElement | undefined): VimFault {
  return {
    type: typeOf(childOf(error, 'fault')) ?? 'unknown',
    message: textAt(error, 'localizedMessage') ?? '',
  };
}

/** Whether an answer is one. */
export function isFault(answer: XmlElement | VimFault): answer is VimFault {
  return 'message' in answer;
}

/** As a power error. A type that is not in the table is some reason for which vSphere will not. */
export function vimError({ type, message }: VimFault, what: string): CodedError<PowerErrorCode> {
  const { code, retryable } = meanings.get(type) ?? unable;
  const said = message === '' ? '' : `, "${message.slice(0, 300)}"`;
  return powerError(code, `${what}: ${type}${said}`, { retryable });
}

/** The `xsi:type` of an element, without its prefix. */
export function typeOf(element: XmlElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  const [, type] = [...element.attributes].find(([name]) => name.endsWith(':type')) ?? [];
  return type?.replace(/^.*:/, '');
}
