import { randomBytes } from 'node:crypto';
import { IpmiParameters } from '../../../api/bmc/ipmi.ts';
import type { Logger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { parseHostPort } from '../host-port.ts';
import { setBootDevice } from './boot-device.ts';
import type { BridgeHop } from './bridge.ts';
import { type OpenChannel, openUdpChannel } from './channel.ts';
import { chassisControlRequest, chassisStatusRequest, decodeChassisStatus } from './chassis.ts';
import { type Connection, type ConnectionOptions, createConnection } from './connection.ts';
import { defaultHandshakeRetransmits, defaultRetransmits, type RetransmitTimings } from './exchange.ts';
import type { Credentials } from './handshake.ts';
import { readIpmiHealth } from './health.ts';

export interface IpmiDeps {
  log: Logger;
  /** Default: UDP. */
  openChannel?: OpenChannel;
  randomBytes?: (length: number) => Uint8Array;
  retransmits?: RetransmitTimings;
  handshakeRetransmits?: RetransmitTimings;
}

const defaultPort = 623;

/**
 * Power through IPMI 2.0 RMCP+. One command at a time.
 * @throws CodedError<PowerErrorCode> when the target cannot be a BMC: its address, or a user name or key too long.
 */
export function createIpmiDriver(target: PowerTarget, deps: IpmiDeps): PowerDriver {
  const connection = connectIpmi(target, IpmiParameters.parse(target.parameters), deps);
  return {
    ...chassisDriver(connection, target.bootMode),
    health: (look, signal) => readIpmiHealth(connection, look, signal),
  };
}

/** The connection with the BMC of a target. @throws CodedError<PowerErrorCode> */
export function connectIpmi(target: PowerTarget, parameters: IpmiParameters, deps: IpmiDeps): Connection {
  return createConnection(connectionOptions(target, parameters, deps));
}

/** How the BMC of a target is reached. @throws CodedError<PowerErrorCode> for an address or a user that cannot be one */
export function connectionOptions(
  target: PowerTarget,
  { cipherSuite, privilegeLevel }: IpmiParameters,
  deps: IpmiDeps,
): ConnectionOptions {
  const address = parseHostPort(target.address, defaultPort);
  if (address === undefined) throw powerError('BmcUnreachable', `${target.address} is no address for IPMI`);
  return {
    address,
    credentials: credentialsOf(target),
    privilegeLevel,
    cipherSuites: cipherSuite === undefined ? ['17', '3'] : [cipherSuite],
    log: deps.log,
    openChannel: deps.openChannel ?? openUdpChannel,
    randomBytes: deps.randomBytes ?? ((length) => new Uint8Array(randomBytes(length))),
    retransmits: deps.retransmits ?? defaultRetransmits,
    handshakeRetransmits: deps.handshakeRetransmits ?? defaultHandshakeRetransmits,
  };
}

/** The power of the chassis whose controller is at the end of `path`, or of the BMC's own. Owns the connection. */
export function chassisDriver(
  connection: Connection,
  bootMode: PowerTarget['bootMode'],
  path: readonly BridgeHop[] = [],
): PowerDriver {
  const order = (control: Parameters<typeof chassisControlRequest>[0], what: string, signal: AbortSignal) =>
    connection.use(
      async (send) => {
        await send(chassisControlRequest(control), `Chassis Control, ${what}`);
      },
      signal,
      path,
    );
  return {
    bootDevices: new Set(['Network', 'Disk']),
    status: (signal) =>
      connection.use(
        async (send) => decodeChassisStatus(await send(chassisStatusRequest, 'Get Chassis Status')),
        signal,
        path,
      ),
    on: (signal) => order('PowerUp', 'power up', signal),
    off: (signal) => order('PowerDown', 'power down', signal),
    softOff: (signal) => order('SoftOff', 'soft shutdown', signal),
    setBootDevice: (device, signal) =>
      connection.use((send, trySend) => setBootDevice(device, bootMode, send, trySend), signal, path),
    close: () => connection.close(),
  };
}

function credentialsOf(target: PowerTarget): Credentials {
  const text = new TextEncoder();
  const username = text.encode(target.username);
  const password = text.encode(target.password);
  const { bmcKey } = target;
  if (username.length > 16) {
    throw powerError('BmcAuthenticationFailed', 'the user name is longer than 16 bytes');
  }
  if (password.length > 20) {
    throw powerError('BmcAuthenticationFailed', 'the password is longer than 20 bytes');
  }
  if (bmcKey !== undefined && (bmcKey.length === 0 || bmcKey.length > 20)) {
    throw powerError('BmcKeyRefused', `the BMC key (K_g) has ${bmcKey.length} bytes, not 1 to 20`);
  }
  return bmcKey === undefined ? { username, password } : { username, password, bmcKey };
}
