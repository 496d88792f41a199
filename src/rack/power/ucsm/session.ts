import type { CodedError } from '../../../errors/coded-error.ts';
import type { PowerTarget } from '../driver.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { createBmcHttp } from '../http/client.ts';
import { xmlOf } from '../http/xml.ts';
import type { XmlElement } from '../xml/element.ts';
import { type XmlText, xml, xmlDocument } from '../xml/write.ts';

/** A method of the XML API; the session's cookie is put into its attributes. */
export interface UcsmMethod {
  name: string;
  attributes: Readonly<Record<string, string>>;
  content?: readonly XmlText[];
}

/** One session with UCS Manager: opened with the first method, opened anew once when it has ended, closed by `close`. */
export interface UcsmSession {
  /** @returns the answer's root. @throws CodedError<PowerErrorCode> */
  call(method: UcsmMethod, signal: AbortSignal): Promise<XmlElement>;
  /** Never throws. */
  close(): Promise<void>;
}

/** What every method may answer instead (Cisco UCS Manager XML API Programmer's Guide, "Failed Requests"). */
const sessionEnded = '552';
const faults: Readonly<Record<string, [code: PowerErrorCode, retryable: boolean]>> = {
  '551': ['BmcAuthenticationFailed', false],
  [sessionEnded]: ['BmcAuthenticationFailed', false],
  '572': ['BmcBusy', true],
};
const descriptions: readonly [RegExp, PowerErrorCode, boolean][] = [
  [/maximum|limit|too many/i, 'BmcBusy', true],
  [/privilege|permission|not authorized|access denied/i, 'BmcPrivilegeTooLow', false],
  [/busy|in progress|timed out|locked/i, 'BmcBusy', true],
  [/no such|not found|does not exist|cannot resolve/i, 'BmcSystemNotFound', false],
];

/** Source: Cisco UCS Manager XML API Programmer's Guide (aaaLogin, aaaLogout). @throws CodedError<PowerErrorCode> */
export function createUcsmSession(target: PowerTarget): UcsmSession {
  const http = createBmcHttp(target, { scheme: 'https', port: 443 });
  let cookie: string | undefined;

  const post = async (root: XmlText, what: string, signal: AbortSignal): Promise<XmlElement> => {
    const body = { type: 'application/xml', text: xmlDocument(root) };
    return xmlOf(await http.ask({ method: 'POST', path: '/nuova', body }, signal), what);
  };
  const logIn = async (signal: AbortSignal): Promise<string> => {
    const credentials = { inName: target.username, inPassword: target.password };
    const answer = await post(xml('aaaLogin', credentials), 'aaaLogin', signal);
    throwFault(answer, 'aaaLogin');
    const given = answer.attributes.get('outCookie');
    if (given === undefined || given === '') {
      throw powerError('BmcProtocolError', 'aaaLogin: the answer has no cookie');
    }
    return given;
  };
  const send = ({ name, attributes, content = [] }: UcsmMethod, given: string, signal: AbortSignal) =>
    post(xml(name, { cookie: given, ...attributes }, ...content), name, signal);

  return {
    async call(method, signal) {
      const had = cookie !== undefined;
      cookie ??= await logIn(signal);
      let answer = await send(method, cookie, signal);
      if (had && answer.attributes.get('errorCode') === sessionEnded) {
        cookie = undefined;
        cookie = await logIn(signal);
        answer = await send(method, cookie, signal);
      }
      throwFault(answer, method.name);
      if (answer.name !== method.name) {
        throw powerError('BmcProtocolError', `${method.name} is answered by ${answer.name}`);
      }
      return answer;
    },
    async close() {
      const ended = cookie;
      cookie = undefined;
      if (ended !== undefined) {
        const signal = AbortSignal.timeout(5_000);
        await post(xml('aaaLogout', { inCookie: ended }), 'aaaLogout', signal).catch(() => undefined);
      }
      await http.close();
    },
  };
}

function throwFault(answer: XmlElement, what: string): void {
  const code = answer.attributes.get('errorCode');
  if (code !== undefined && code !== '0')
    throw faultOf(code, answer.attributes.get('errorDescr') ?? '', what);
}

function faultOf(errorCode: string, description: string, what: string): CodedError<PowerErrorCode> {
  const named = Object.hasOwn(faults, errorCode) ? faults[errorCode] : undefined;
  const described = descriptions.find(([pattern]) => pattern.test(description));
  const [code, retryable] = named ?? [described?.[1] ?? 'BmcProtocolError', described?.[2] ?? false];
  const seen = `${what}: error ${errorCode.slice(0, 20)}, ${description.slice(0, 200) || 'not described'}`;
  return powerError(code, seen, { retryable });
}
