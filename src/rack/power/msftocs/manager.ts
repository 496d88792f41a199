import type { CodedError } from '../../../errors/coded-error.ts';
import type { PowerTarget } from '../driver.ts';
import { type PowerErrorCode, powerError } from '../errors.ts';
import { basicAuthorization, createBmcHttp } from '../http/client.ts';
import { xmlOf } from '../http/xml.ts';
import { textAt, type XmlElement } from '../xml/element.ts';

/** The chassis manager, which is asked by GET requests alone and says in its XML how they went. */
export interface ChassisManager {
  /**
   * The answer to a command that was carried out, or that ended with `poweredOff` where that is an answer too.
   * @throws CodedError<PowerErrorCode>
   */
  ask(
    command: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
    alsoTaken?: typeof poweredOff,
  ): Promise<XmlElement>;
  close(): Promise<void>;
}

/** The completion code of a blade whose supply is cut. */
export const poweredOff = 'DevicePoweredOff';

/** Opens nothing: every request carries the password. */
export function createChassisManager(target: PowerTarget): ChassisManager {
  const http = createBmcHttp(target, { scheme: 'http', port: 8000 });
  const headers = { authorization: basicAuthorization(target.username, target.password) };
  return {
    async ask(command, parameters, signal, alsoTaken) {
      const query = new URLSearchParams(parameters).toString();
      const path = `/${command}${query === '' ? '' : `?${query}`}`;
      const answer = await http.ask({ method: 'GET', path, headers }, signal);
      const root = xmlOf(answer, `GET ${path}`);
      const failure = failureOf(root, path);
      const taken = alsoTaken !== undefined && completionOf(root) === alsoTaken;
      if (failure !== undefined && !taken) throw failure;
      return root;
    },
    close: () => http.close(),
  };
}

/** How a command ended, in the manager's word. */
export function completionOf(answer: XmlElement): string | undefined {
  return textAt(answer, 'completionCode');
}

/** Of `completionCode`: the same for every answer of the chassis manager. */
function failureOf(answer: XmlElement, path: string): CodedError<PowerErrorCode> | undefined {
  const code = completionOf(answer);
  const said = textAt(answer, 'statusDescription');
  const seen = `GET ${path}: ${code ?? 'no completionCode'}${said ? ` (${said.slice(0, 200)})` : ''}`;
  switch (code) {
    case 'Success':
      return undefined;
    case 'Timeout':
    case 'Failure':
    case 'CommandNotValidAtThisTime':
      return powerError('BmcBusy', seen, { retryable: true });
    case 'ParameterOutOfRange':
      return powerError('BmcSystemNotFound', seen);
    case 'CommandNotValidForBlade':
    case poweredOff:
      return powerError('BmcUnsupported', seen);
    default:
      return powerError('BmcProtocolError', seen);
  }
}
