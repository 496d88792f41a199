import { randomUUID } from 'node:crypto';
import type { CodedError } from '../../../errors/coded-error.ts';
import type { PowerTarget } from '../driver.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { createBmcHttp } from '../http/client.ts';
import { withDigest } from '../http/digest-client.ts';
import { statusMeaning } from '../http/errors.ts';
import type { HttpAnswer } from '../http/request.ts';
import { xmlOf } from '../http/xml.ts';
import { childOf, elementAt, textAt, type XmlElement } from '../xml/element.ts';
import { type XmlText, xml, xmlDocument } from '../xml/write.ts';

const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const anonymous = `${addressing}/role/anonymous`;
const cim = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';
const get = 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get';

/** One instance of a class of CIM. */
export interface CimObject {
  className: string;
  /** The keys that tell it from others. */
  selectors?: Readonly<Record<string, string>>;
}

/** WS-Management with one machine's firmware. It has no sessions: every request proves the password by itself. */
export interface WsMan {
  /** The instance. @throws CodedError<PowerErrorCode> */
  get(object: CimObject, signal: AbortSignal): Promise<XmlElement>;
  /** Calls a method; returns its `ReturnValue`. @throws CodedError<PowerErrorCode> */
  invoke(object: CimObject, method: string, input: readonly XmlText[], signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/** DMTF DSP0226 (WS-Management) and DSP0227 (its binding to CIM), as Intel AMT speaks them. */
export function createWsMan(target: PowerTarget): WsMan {
  const username = target.username === '' ? 'admin' : target.username;
  const plain = createBmcHttp(target, { scheme: 'http', port: 16_992 });
  const http = withDigest(plain, { username, password: target.password });

  const ask = async (
    object: CimObject,
    action: string,
    content: readonly XmlText[],
    signal: AbortSignal,
  ): Promise<XmlElement | undefined> => {
    const what = `${object.className} ${action.slice(action.lastIndexOf('/') + 1)}`;
    const body = { type: 'application/soap+xml;charset=UTF-8', text: envelope(object, action, content) };
    const answer = await http.send({ method: 'POST', path: '/wsman', body }, signal);
    return elementAt(checked(answer, what), 'Body')?.children[0];
  };

  return {
    async get(object, signal) {
      const instance = await ask(object, get, [], signal);
      if (instance?.name !== object.className) {
        throw powerError('BmcProtocolError', `${object.className} Get: an answer about something else`);
      }
      return instance;
    },
    async invoke(object, method, input, signal) {
      const uri = `${cim}/${object.className}`;
      const content = xml(`p:${method}_INPUT`, { 'xmlns:p': uri }, ...input);
      const output = await ask(object, `${uri}/${method}`, [content], signal);
      const value = textAt(output, 'ReturnValue') ?? '';
      if (output?.name !== `${method}_OUTPUT` || !/^\d+$/.test(value)) {
        throw powerError('BmcProtocolError', `${method}: an answer without a return value`);
      }
      return Number(value);
    },
    close: () => http.close(),
  };
}

/** A reference to an object, as the input of a method (WS-Addressing's endpoint reference). */
export function endpoint(name: string, object: CimObject): XmlText {
  return xml(
    `p:${name}`,
    {},
    xml('a:Address', {}, anonymous),
    xml('a:ReferenceParameters', {}, ...resource(object)),
  );
}

function resource({ className, selectors = {} }: CimObject): XmlText[] {
  const keys = Object.entries(selectors).map(([key, value]) => xml('w:Selector', { Name: key }, value));
  return [
    xml('w:ResourceURI', {}, `${cim}/${className}`),
    ...(keys.length === 0 ? [] : [xml('w:SelectorSet', {}, ...keys)]),
  ];
}

function envelope(object: CimObject, action: string, content: readonly XmlText[]): string {
  const namespaces = {
    'xmlns:s': 'http://www.w3.org/2003/05/soap-envelope',
    'xmlns:a': addressing,
    'xmlns:w': 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  };
  const header = xml(
    's:Header',
    {},
    xml('a:Action', {}, action),
    xml('a:To', {}, '/wsman'),
    xml('a:MessageID', {}, `uuid:${randomUUID()}`),
    xml('a:ReplyTo', {}, xml('a:Address', {}, anonymous)),
    xml('w:OperationTimeout', {}, 'PT30S'),
    ...resource(object),
  );
  return xmlDocument(xml('s:Envelope', namespaces, header, xml('s:Body', {}, ...content)));
}

/** @throws CodedError<PowerErrorCode> for an HTTP failure without, or with, a SOAP fault. */
function checked(answer: HttpAnswer, what: string): XmlElement {
  const { status } = answer;
  // A fault comes with 400 or 500; all others have no message.
  const soap = status === 200 || status === 400 || status === 500;
  if (!soap || (status !== 200 && answer.bytes.length === 0)) {
    const { code, retryable } = statusMeaning(status);
    throw powerError(code, `${what}: HTTP ${status}`, { retryable });
  }
  const root = xmlOf(answer, what);
  const fault = elementAt(root, 'Body', 'Fault');
  if (fault !== undefined) throw faultError(fault, what);
  if (status !== 200) throw powerError('BmcProtocolError', `${what}: HTTP ${status}`);
  return root;
}

/** Subcodes of faults (DSP0226, section 14) by what they mean for a person. */
const faults: Readonly<Record<string, { code: PowerErrorCode; retryable: boolean }>> = {
  AccessDenied: { code: 'BmcPrivilegeTooLow', retryable: false },
  DestinationUnreachable: { code: 'BmcUnsupported', retryable: false },
  InvalidSelectors: { code: 'BmcUnsupported', retryable: false },
  ActionNotSupported: { code: 'BmcUnsupported', retryable: false },
  TimedOut: { code: 'BmcBusy', retryable: true },
  QuotaLimit: { code: 'BmcBusy', retryable: true },
  Concurrency: { code: 'BmcBusy', retryable: true },
  InternalError: { code: 'BmcBusy', retryable: true },
};

function faultError(fault: XmlElement, what: string): CodedError<PowerErrorCode> {
  const code = childOf(fault, 'Code');
  const written = textAt(code, 'Subcode', 'Value') ?? textAt(code, 'Value') ?? '';
  const name = written.replace(/^.*:/, '');
  const meaning = faults[name] ?? { code: 'BmcProtocolError', retryable: false };
  const said = textAt(fault, 'Reason', 'Text') ?? '';
  return powerError(meaning.code, `${what}: ${name} ${said.slice(0, 200)}`.trimEnd(), {
    retryable: meaning.retryable,
  });
}
