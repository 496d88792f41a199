import { MsftocsParameters } from '../../../api/bmc/msftocs.ts';
import { type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import type { BootDevice, PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { childrenOf, descendantsOf, elementAt, textAt } from '../xml/element.ts';
import { completionOf, createChassisManager, poweredOff } from './manager.ts';

/** `BladeBootType` of the chassis manager. */
const bootTypes: Readonly<Partial<Record<BootDevice, string>>> = { Network: '2', Disk: '3' };

/**
 * Power of a blade by the chassis manager of Microsoft's Open CloudServer. Source: the service contract of the chassis
 * manager, which its makers have published.
 */
export function createMsftocsDriver(target: PowerTarget): PowerDriver {
  const { bladeId } = MsftocsParameters.parse(target.parameters);
  const manager = createChassisManager(target);

  return {
    bootDevices: new Set(['Network', 'Disk']),
    async status(signal) {
      const answer = await manager.ask('GetBladeState', { bladeId }, signal, poweredOff);
      if (completionOf(answer) === poweredOff) return 'Off';
      return stateOf(textAt(answer, 'bladeState'));
    },
    async on(signal) {
      const answer = await manager.ask('SetBladeOn', { bladeId }, signal, poweredOff);
      if (completionOf(answer) !== poweredOff) return;
      await manager.ask('SetPowerOn', { bladeId }, signal);
      const seen = `blade ${bladeId} had no supply; it has now, and needs a while to start its own controller`;
      throw powerError('BmcBusy', seen, { retryable: true });
    },
    async off(signal) {
      await manager.ask('SetBladeOff', { bladeId }, signal);
    },
    async setBootDevice(device, signal) {
      const bootType = bootTypes[device];
      if (bootType === undefined) {
        throw powerError('BmcUnsupported', `the chassis manager has no boot device ${device}`);
      }
      const uefi = String(target.bootMode === 'UEFI');
      const asked = { bladeId, bootType, uefi, persistent: 'false', bootInstance: '0' };
      await manager.ask('SetNextBoot', asked, signal);
    },
    close: () => manager.close(),
  };
}

/** Every blade of the chassis with what it says of its network interfaces; slots without a blade are left out. */
export const enumerateMsftocs: EnumerateChassis = async (target, _deps, signal) => {
  const manager = createChassisManager(target);
  try {
    const query = { bladeinfo: 'true', psuInfo: 'false', chassisControllerInfo: 'false' };
    const answer = await manager.ask('GetChassisInfo', query, signal);
    const blades = childrenOf(elementAt(answer, 'bladeCollections'), 'BladeInfo');
    return blades.flatMap((blade) => {
      const bladeId = textAt(blade, 'bladeNumber');
      const absent = completionOf(blade) !== 'Success';
      if (bladeId === undefined || absent) return [];
      const nics = descendantsOf(elementAt(blade, 'bladeMacAddress'), 'macAddress');
      return [
        {
          name: textAt(blade, 'bladeName') || `blade-${bladeId}`,
          parameters: { bladeId },
          macAddresses: macAddressesOf(nics.map(({ text }) => text.trim())),
          architecture: 'amd64',
          powerState: stateOf(textAt(blade, 'powerState')),
        },
      ];
    });
  } finally {
    await manager.close();
  }
};

/** Of `PowerState` in the service contract. */
export function stateOf(written: string | undefined): PowerState {
  if (written === 'ON') return 'On';
  return written === 'OFF' ? 'Off' : 'Unknown';
}
