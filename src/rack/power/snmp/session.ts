import snmp from 'net-snmp';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { parseHostPort } from '../host-port.ts';
import { snmpFault } from './faults.ts';

/** The parameters that say how SNMP is spoken. */
export interface SnmpParameters {
  version: '1' | '2c' | '3';
  authProtocol: 'MD5' | 'SHA' | 'SHA256' | 'SHA512';
  privProtocol: 'DES' | 'AES' | 'AES256';
}

/** Integers of one SNMP agent, by object identifier. */
export interface SnmpSession {
  /** @throws CodedError<PowerErrorCode> */
  getInteger(oid: string, signal: AbortSignal): Promise<number>;
  /** @throws CodedError<PowerErrorCode> */
  setInteger(oid: string, value: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** A request is sent three times, two seconds apart: all that is asked of a PDU may be asked again. */
const patience = { retries: 2, timeout: 2_000 };

const authProtocols = {
  MD5: snmp.AuthProtocols.md5,
  SHA: snmp.AuthProtocols.sha,
  SHA256: snmp.AuthProtocols.sha256,
  SHA512: snmp.AuthProtocols.sha512,
} as const;
const privProtocols = {
  DES: snmp.PrivProtocols.des,
  AES: snmp.PrivProtocols.aes,
  AES256: snmp.PrivProtocols.aes256b,
} as const;

/**
 * Opens SNMP v1, v2c or v3 (RFC 1157, 1901, 3414) with one agent; nothing is sent before the first request.
 * @throws CodedError<PowerErrorCode> BmcUnreachable for an address that is none, BmcAuthenticationFailed when the Secret
 * lacks what the version needs
 */
export function openSnmp(target: PowerTarget, parameters: SnmpParameters): SnmpSession {
  const place = parseHostPort(target.address, 161);
  if (place === undefined) throw powerError('BmcUnreachable', `"${target.address}" is no host and port`);
  const session = open(place, target, parameters);
  // A socket that fails answers nothing: the request that waits for it ends by its own time-out.
  session.on('error', () => undefined);

  const once = <T>(what: string, signal: AbortSignal, run: (done: Done<T>) => void): Promise<T> => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    run((error, value) =>
      error === null ? resolve(value) : reject(snmpFault(error, what, parameters.version)),
    );
    return promise.finally(() => signal.removeEventListener('abort', abort));
  };

  return {
    getInteger: (oid, signal) =>
      once(`get ${oid}`, signal, (done: Done<number>) =>
        session.get([oid], (error, varbinds = []) => {
          if (error !== null) return done(error, 0);
          const [varbind] = varbinds;
          if (varbind === undefined || snmp.isVarbindError(varbind)) {
            return done(powerError('BmcSystemNotFound', `get ${oid}: there is no such object`), 0);
          }
          const value = Number(varbind.value);
          if (Number.isInteger(value)) return done(null, value);
          return done(powerError('BmcProtocolError', `get ${oid}: the value is no integer`), 0);
        }),
      ),
    setInteger: (oid, value, signal) =>
      once(`set ${oid}`, signal, (done: Done<undefined>) =>
        session.set([{ oid, type: snmp.ObjectType.Integer, value }], (error) => done(error, undefined)),
      ),
    close: () => session.close(),
  };
}

type Done<T> = (error: Error | null, value: T) => void;

function open(
  { host, port }: { host: string; port: number },
  { secret }: PowerTarget,
  { version, authProtocol, privProtocol }: SnmpParameters,
): ReturnType<typeof snmp.createSession> {
  const options = { ...patience, port, transport: host.includes(':') ? 'udp6' : 'udp4' } as const;
  if (version !== '3') {
    const { community } = secret;
    if (community === undefined) {
      throw powerError(
        'BmcAuthenticationFailed',
        `SNMP ${version} needs community in the credentials Secret`,
      );
    }
    return snmp.createSession(host, community, {
      ...options,
      version: version === '1' ? snmp.Version1 : snmp.Version2c,
    });
  }
  const { username, authKey, privKey } = secret;
  if (username === undefined || authKey === undefined) {
    throw powerError(
      'BmcAuthenticationFailed',
      'SNMP 3 needs username and authKey in the credentials Secret',
    );
  }
  const user = { name: username, authProtocol: authProtocols[authProtocol], authKey };
  return snmp.createV3Session(
    host,
    privKey === undefined
      ? { ...user, level: snmp.SecurityLevel.authNoPriv }
      : {
          ...user,
          level: snmp.SecurityLevel.authPriv,
          privProtocol: privProtocols[privProtocol],
          privKey,
        },
    { ...options, version: snmp.Version3 },
  );
}
