import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { createBmcHttp } from '../http/client.ts';
import { statusMeaning } from '../http/errors.ts';
import type { HttpAnswer } from '../http/request.ts';
import { xmlOf } from '../http/xml.ts';
import { childOf, elementAt, type XmlElement } from '../xml/element.ts';
import { type XmlText, xml, xmlDocument } from '../xml/write.ts';
import { faultIn, isFault, type VimFault, vimError } from './faults.ts';

/** A reference to a managed object of vSphere. */
export interface ManagedObject {
  type: string;
  id: string;
}

/** Of the service content: the singletons that are needed. */
export interface VimService {
  root: ManagedObject;
  properties: ManagedObject;
  views: ManagedObject;
  search: ManagedObject;
}

/** A session with vCenter or ESXi. */
export interface VimSession {
  /** Logs in when need be. @throws CodedError<PowerErrorCode> */
  service(signal: AbortSignal): Promise<VimService>;
  /**
   * The response of a method on a managed object. A session that has ended is opened once more.
   * @throws CodedError<PowerErrorCode>, also for a fault
   */
  call(on: ManagedObject, method: VimMethod, signal: AbortSignal): Promise<XmlElement>;
  /** The same, with a fault as an answer. @throws CodedError<PowerErrorCode> */
  tryCall(on: ManagedObject, method: VimMethod, signal: AbortSignal): Promise<XmlElement | VimFault>;
  /** Logs out. Never throws. */
  close(): Promise<void>;
}

export interface VimMethod {
  name: string;
  /** In the order of the vim25 schema. */
  content?: readonly XmlText[];
}

const serviceInstance: ManagedObject = { type: 'ServiceInstance', id: 'ServiceInstance' };
const namespaces = {
  'xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
  'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
};

/** @throws CodedError<PowerErrorCode> for the address; nothing is sent before the first call. */
export function createVimSession(target: PowerTarget): VimSession {
  const http = createBmcHttp(target, { scheme: 'https', port: 443 });
  let cookie: string | undefined;
  let session: { manager: ManagedObject; service: VimService } | undefined;

  const exchange = async (
    on: ManagedObject,
    method: VimMethod,
    signal: AbortSignal,
  ): Promise<XmlElement | VimFault> => {
    const text = envelope(on, method);
    const headers = { soapaction: '"urn:vim25/6.0"', ...(cookie === undefined ? {} : { cookie }) };
    const body = { type: 'text/xml; charset=utf-8', text };
    const answer = await http.send({ method: 'POST', path: '/sdk', headers, body }, signal);
    cookie = cookieIn(answer) ?? cookie;
    return responseIn(answer, method.name);
  };
  const must = async (on: ManagedObject, method: VimMethod, signal: AbortSignal): Promise<XmlElement> => {
    const answer = await exchange(on, method, signal);
    if (isFault(answer)) throw vimError(answer, method.name);
    return answer;
  };

  const logIn = async (signal: AbortSignal): Promise<{ manager: ManagedObject; service: VimService }> => {
    cookie = undefined;
    const answer = await must(serviceInstance, { name: 'RetrieveServiceContent' }, signal);
    const content = childOf(answer, 'returnval');
    const of = (name: string): ManagedObject => {
      const found = managedObject(childOf(content, name));
      if (found === undefined)
        throw powerError('BmcProtocolError', `vSphere's service content has no ${name}`);
      return found;
    };
    const manager = of('sessionManager');
    const service = {
      ...{ root: of('rootFolder'), properties: of('propertyCollector') },
      ...{ views: of('viewManager'), search: of('searchIndex') },
    };
    const { username, password } = target;
    const who = [xml('userName', {}, username), xml('password', {}, password)];
    await must(manager, { name: 'Login', content: who }, signal);
    return { manager, service };
  };
  const open = async (signal: AbortSignal): Promise<VimService> => {
    session ??= await logIn(signal);
    return session.service;
  };
  const renewing: typeof exchange = async (on, method, signal) => {
    const had = session !== undefined;
    await open(signal);
    const answer = await exchange(on, method, signal);
    if (!had || !isFault(answer) || answer.type !== 'NotAuthenticated') return answer;
    session = undefined;
    await open(signal);
    return exchange(on, method, signal);
  };

  return {
    service: open,
    async call(on, method, signal) {
      const answer = await renewing(on, method, signal);
      if (isFault(answer)) throw vimError(answer, method.name);
      return answer;
    },
    tryCall: renewing,
    async close() {
      const ended = session;
      session = undefined;
      if (ended !== undefined) {
        const signal = AbortSignal.timeout(5_000);
        await exchange(ended.manager, { name: 'Logout' }, signal).catch(() => undefined);
      }
      await http.close();
    },
  };
}

/** The reference that an element holds. */
export function managedObject(element: XmlElement | undefined): ManagedObject | undefined {
  const type = element?.attributes.get('type');
  const id = element?.text.trim();
  return type === undefined || id === undefined || id === '' ? undefined : { type, id };
}

/** A reference as an element. */
export function reference(name: string, { type, id }: ManagedObject): XmlText {
  return xml(name, { type }, id);
}

function envelope(on: ManagedObject, { name, content = [] }: VimMethod): string {
  const call = xml(name, { xmlns: 'urn:vim25' }, reference('_this', on), ...content);
  return xmlDocument(xml('soapenv:Envelope', namespaces, xml('soapenv:Body', {}, call)));
}

function responseIn(answer: HttpAnswer, method: string): XmlElement | VimFault {
  const { status } = answer;
  // A fault comes with 500.
  if (status !== 200 && status !== 500) {
    const { code, retryable } = statusMeaning(status);
    throw powerError(code, `${method}: HTTP ${status}`, { retryable });
  }
  const body = elementAt(xmlOf(answer, method), 'Body');
  const fault = faultIn(body);
  if (fault !== undefined) return fault;
  const response = childOf(body, `${method}Response`);
  if (response === undefined) throw powerError('BmcProtocolError', `${method}: an answer to something else`);
  return response;
}

function cookieIn({ headers }: HttpAnswer): string | undefined {
  return /(?:^|[,;]\s*)(vmware_soap_session=(?:"[^"]*"|[^;,\s]+))/.exec(headers['set-cookie'] ?? '')?.[1];
}
