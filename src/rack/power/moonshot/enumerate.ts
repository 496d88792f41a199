import { IpmiParameters } from '../../../api/bmc/ipmi.ts';
import type { ChassisNode, EnumerateChassis } from '../chassis.ts';
import type { PowerTarget } from '../driver.ts';
import { isPowerError } from '../errors.ts';
import type { BridgeHop } from '../ipmi/bridge.ts';
import { chassisStatusRequest, decodeChassisStatus } from '../ipmi/chassis.ts';
import type { Connection } from '../ipmi/connection.ts';
import { connectIpmi, type IpmiDeps } from '../ipmi/driver.ts';
import { type ControllerRecord, readControllers } from '../ipmi/sdr.ts';

/**
 * Every node: the chassis manager's repository locates the controllers of the cartridges, each of theirs those of its
 * nodes. IPMI tells no MAC address.
 */
export const enumerateMoonshot: EnumerateChassis = (target, deps, signal) => listNodes(target, deps, signal);

/** The same with the timings of a test. */
export async function listNodes(
  target: PowerTarget,
  deps: IpmiDeps,
  signal: AbortSignal,
): Promise<readonly ChassisNode[]> {
  const { cipherSuite, privilegeLevel } = target.parameters;
  const given = {
    ...(cipherSuite === undefined ? {} : { cipherSuite }),
    ...(privilegeLevel === undefined ? {} : { privilegeLevel }),
  };
  const connection = connectIpmi(target, IpmiParameters.parse(given), deps);
  try {
    const nodes: ChassisNode[] = [];
    for (const cartridge of await connection.use(readControllers, signal)) {
      if (cartridge.address === chassisManager) continue;
      for (const node of (await orUndefined(connection.use(readControllers, signal, [cartridge]))) ?? []) {
        if (node.address === cartridge.address || node.address === chassisManager) continue;
        const powerState = await orUndefined(stateOf(connection, [cartridge, node], signal));
        if (powerState !== undefined) nodes.push({ ...nodeOf(cartridge, node), powerState });
      }
    }
    return nodes;
  } finally {
    await connection.close();
  }
}

const chassisManager = 0x20;

/** Power supplies and switches have controllers, too, that know no nodes, or are not there at the moment. */
async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (isPowerError(thrown) && (thrown.code === 'BmcUnsupported' || thrown.code === 'BmcSystemNotFound')) {
      return undefined;
    }
    throw thrown;
  }
}

function stateOf(connection: Connection, path: readonly BridgeHop[], signal: AbortSignal) {
  return connection.use(
    async (send) => decodeChassisStatus(await send(chassisStatusRequest, 'Get Chassis Status')),
    signal,
    path,
  );
}

function nodeOf(cartridge: ControllerRecord, node: ControllerRecord): ChassisNode {
  return {
    name: `${cartridge.name || hex(cartridge.address)}/${node.name || hex(node.address)}`,
    parameters: {
      transitAddress: hex(cartridge.address),
      transitChannel: String(cartridge.channel),
      targetAddress: hex(node.address),
      targetChannel: String(node.channel),
    },
    macAddresses: [],
  };
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(2, '0')}`;
}
