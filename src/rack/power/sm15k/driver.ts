import { Sm15kParameters } from '../../../api/bmc/sm15k.ts';
import { type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import type { BootDevice, PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { formatHostPort } from '../host-port.ts';
import { baseOf } from '../http/address.ts';
import { connectIpmi, type IpmiDeps } from '../ipmi/driver.ts';
import { createRest2, type Rest2 } from './rest2.ts';
import { createRest09 } from './rest09.ts';

export interface Sm15kDeps extends IpmiDeps {
  /** Default: 623. */
  ipmiPort?: number;
}

/** What the firmware tries, for good. */
const bootOrders: Readonly<Partial<Record<BootDevice, string>>> = { Network: 'pxe,hd0', Disk: 'hd0' };

/** Bytes of SeaMicro's own command: its number as a maker, then on (with a try of the network) or off. */
const ipmi = { netFn: 0x2e, command: 0x01, maker: [0x00, 0x7d, 0xab], on: 1, off: 6 } as const;

/** Power of a server of a SeaMicro SM15000, in the way that the parameters name. */
export function createSm15kDriver(target: PowerTarget, deps: Sm15kDeps): PowerDriver {
  const { server, control } = Sm15kParameters.parse(target.parameters);
  const id = `${Number(server)}/0`;
  if (control === 'Rest09') return restDriver09(target, id);
  const rest = createRest2(target);
  return control === 'Rest2' ? restDriver2(rest, id) : ipmiDriver(target, rest, id, Number(server), deps);
}

/** Every server of the chassis, by version 2.0 of its REST API. */
export const enumerateSm15k: EnumerateChassis = async (target, _deps, signal) => {
  const rest = createRest2(target);
  const { control } = target.parameters;
  const kept = control === undefined ? {} : { control };
  try {
    return Object.entries(await rest.servers(signal)).flatMap(([id, { active, nic = {} }]) => {
      const server = /^(\d{1,3})\/0$/.exec(id)?.[1];
      if (server === undefined) return [];
      // The firmware boots from the first of them.
      const inOrder = Object.entries(nic).sort(([one], [other]) => Number(one) - Number(other));
      return [
        {
          ...{ name: `server-${server}`, parameters: { server, ...kept } },
          macAddresses: macAddressesOf(inOrder.map(([, { macAddr }]) => macAddr)),
          ...{ architecture: 'amd64', powerState: stateOf(active) },
        },
      ];
    });
  } finally {
    await rest.close();
  }
};

function restDriver2(rest: Rest2, id: string): PowerDriver {
  return {
    bootDevices: new Set(['Network', 'Disk']),
    status: async (signal) => stateOf((await rest.server(id, signal)).active),
    on: (signal) => rest.act(id, { action: 'power-on' }, signal),
    off: (signal) => rest.act(id, { action: 'power-off', force: true }, signal),
    softOff: (signal) => rest.act(id, { action: 'power-off' }, signal),
    async setBootDevice(device, signal) {
      const order = bootOrders[device];
      if (order === undefined)
        throw powerError('BmcUnsupported', `a SeaMicro server has no boot device ${device}`);
      await rest.act(id, { action: 'set-bios-boot-order', 'boot-order': order }, signal);
    },
    close: () => rest.close(),
  };
}

/** Every start tries the network first; what boots then is the rack's to say. */
function restDriver09(target: PowerTarget, id: string): PowerDriver {
  const rest = createRest09(target);
  return {
    bootDevices: new Set(),
    status: async (signal) => stateOf(await rest.isActive(id, signal)),
    on: (signal) => rest.act(id, ['action=Power-On', 'using-pxe=true'], signal),
    off: (signal) => rest.act(id, ['action=Power-Off', 'force=true'], signal),
    softOff: (signal) => rest.act(id, ['action=Power-Off', 'force=false'], signal),
    setBootDevice: () =>
      Promise.reject(powerError('BmcUnsupported', 'version 0.9 of the REST API sets no boot device')),
    close: () => rest.close(),
  };
}

/** IPMI knows no state of a server: that is asked by REST. */
function ipmiDriver(
  target: PowerTarget,
  rest: Rest2,
  id: string,
  server: number,
  deps: Sm15kDeps,
): PowerDriver {
  const { hostname } = baseOf(target.address, { scheme: 'http', port: 80 });
  const address = formatHostPort({ host: hostname.replace(/^\[|\]$/g, ''), port: deps.ipmiPort ?? 623 });
  const connection = connectIpmi({ ...target, address }, { privilegeLevel: 'Operator' }, deps);
  const order = (mode: number, what: string, signal: AbortSignal): Promise<void> =>
    connection.use(async (send) => {
      const data = Uint8Array.of(...ipmi.maker, mode, 0, server);
      await send({ netFn: ipmi.netFn, command: ipmi.command, data }, `SeaMicro, ${what}`);
    }, signal);
  return {
    ...restDriver2(rest, id),
    on: (signal) => order(ipmi.on, 'power on', signal),
    off: (signal) => order(ipmi.off, 'power off', signal),
    async close() {
      await connection.close();
      await rest.close();
    },
  };
}

function stateOf(active: boolean | undefined): PowerState {
  if (active === undefined) return 'Unknown';
  return active ? 'On' : 'Off';
}
