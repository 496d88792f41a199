import { randomBytes } from 'node:crypto';
import { IpmiParameters } from '../../../api/bmc/ipmi.ts';
import type { Logger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { parseHostPort } from '../host-port.ts';
import { setBootDevice } from './boot-device.ts';
import { type OpenChannel, openUdpChannel } from './channel.ts';
import { chassisControlRequest, chassisStatusRequest, decodeChassisStatus } from './chassis.ts';
import { createConnection } from './connection.ts';
import { defaultHandshakeRetransmits, defaultRetransmits, type RetransmitTimings } from './exchange.ts';
import type { Credentials } from './handshake.ts';

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
  const { cipherSuite, privilegeLevel } = IpmiParameters.parse(target.parameters);
  const address = parseHostPort(target.address, defaultPort);
  if (address === undefined) throw powerError('BmcUnreachable', `${target.address} is no address for IPMI`);
  const connection = createConnection({
    address,
    credentials: credentialsOf(target),
    privilegeLevel,
    cipherSuites: cipherSuite === undefined ? ['17', '3'] : [cipherSuite],
    log: deps.log,
    openChannel: deps.openChannel ?? openUdpChannel,
    randomBytes: deps.randomBytes ?? ((length) => new Uint8Array(randomBytes(length))),
    retransmits: deps.retransmits ?? defaultRetransmits,
    handshakeRetransmits: deps.handshakeRetransmits ?? defaultHandshakeRetransmits,
  });

  return {
    bootDevices: new Set(['Network', 'Disk']),
    status: (signal) =>
      connection.use(async (send) => {
        const data = await send(chassisStatusRequest, 'Get Chassis Status');
        return decodeChassisStatus(data);
      }, signal),
    on: (signal) =>
      connection.use(async (send) => {
        await send(chassisControlRequest('PowerUp'), 'Chassis Control, power up');
      }, signal),
    off: (signal) =>
      connection.use(async (send) => {
        await send(chassisControlRequest('PowerDown'), 'Chassis Control, power down');
      }, signal),
    setBootDevice: (device, signal) =>
      connection.use((send, trySend) => setBootDevice(device, target.bootMode, send, trySend), signal),
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
