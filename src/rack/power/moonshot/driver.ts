import { MoonshotParameters } from '../../../api/bmc/moonshot.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import type { BridgeHop } from '../ipmi/bridge.ts';
import { chassisDriver, connectIpmi, type IpmiDeps } from '../ipmi/driver.ts';

/**
 * Power of one node of an HPE Moonshot chassis: IPMI with its chassis manager, bridged to the controller of the cartridge
 * and from there to that of the node. Sources: IPMI 2.0 section 6.13 and 22.7 (Send Message), HP iLO Chassis Management
 * IPMI User Guide.
 * @throws CodedError<PowerErrorCode> when the target cannot be a BMC
 */
export function createMoonshotDriver(target: PowerTarget, deps: IpmiDeps): PowerDriver {
  const parameters = MoonshotParameters.parse(target.parameters);
  return chassisDriver(connectIpmi(target, parameters, deps), target.bootMode, pathOf(parameters));
}

/** From the chassis manager to the node. */
export function pathOf(parameters: MoonshotParameters): BridgeHop[] {
  const { transitAddress, transitChannel, targetAddress, targetChannel } = parameters;
  const node = { channel: Number(targetChannel), address: Number(targetAddress) };
  if (transitAddress === undefined) return [node];
  return [{ channel: Number(transitChannel), address: Number(transitAddress) }, node];
}
