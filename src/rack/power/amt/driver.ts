import type { BootDevice, PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { textAt } from '../xml/element.ts';
import { xml } from '../xml/write.ts';
import { type CimObject, createWsMan, endpoint } from './wsman.ts';

/** `PowerState` of CIM_PowerManagementService.RequestPowerStateChange (DSP1027), those that AMT takes. */
const requested = { on: 2, off: 8, softOff: 12 } as const;

const state: CimObject = { className: 'CIM_AssociatedPowerManagementService' };
const power: CimObject = {
  className: 'CIM_PowerManagementService',
  selectors: { Name: 'Intel(r) AMT Power Management Service' },
};
const computer: CimObject = {
  className: 'CIM_ComputerSystem',
  selectors: { CreationClassName: 'CIM_ComputerSystem', Name: 'ManagedSystem' },
};
const bootConfiguration: CimObject = {
  className: 'CIM_BootConfigSetting',
  selectors: { InstanceID: 'Intel(r) AMT: Boot Configuration 0' },
};
const bootService: CimObject = {
  className: 'CIM_BootService',
  selectors: { Name: 'Intel(r) AMT Boot Service' },
};
const bootSources: Readonly<Partial<Record<BootDevice, string>>> = {
  Network: 'Intel(r) AMT: Force PXE Boot',
  Disk: 'Intel(r) AMT: Force Hard-drive Boot',
};
/** `Role` of SetBootConfigRole: for the next boot alone. */
const isNextSingleUse = '1';

/**
 * Power through Intel AMT. Sources: Intel's AMT implementation and reference guide (power control, boot control), DMTF
 * DSP1027.
 */
export function createAmtDriver(target: PowerTarget): PowerDriver {
  const wsman = createWsMan(target);

  const change = async (to: number, signal: AbortSignal): Promise<void> => {
    // In the order of the method's parameters.
    const input = [xml('p:PowerState', {}, String(to)), endpoint('ManagedElement', computer)];
    const value = await wsman.invoke(power, 'RequestPowerStateChange', input, signal);
    check('RequestPowerStateChange', value);
  };

  return {
    bootDevices: new Set(['Network', 'Disk']),
    async status(signal) {
      return stateOf(textAt(await wsman.get(state, signal), 'PowerState'));
    },
    on: (signal) => change(requested.on, signal),
    off: (signal) => change(requested.off, signal),
    softOff: (signal) => change(requested.softOff, signal),
    async setBootDevice(device, signal) {
      const name = bootSources[device];
      if (name === undefined) throw powerError('BmcUnsupported', `Intel AMT has no boot source ${device}`);
      const source: CimObject = { className: 'CIM_BootSourceSetting', selectors: { InstanceID: name } };
      const order = [endpoint('Source', source)];
      check('ChangeBootOrder', await wsman.invoke(bootConfiguration, 'ChangeBootOrder', order, signal));
      const role = [endpoint('BootConfigSetting', bootConfiguration), xml('p:Role', {}, isNextSingleUse)];
      check('SetBootConfigRole', await wsman.invoke(bootService, 'SetBootConfigRole', role, signal));
    },
    close: () => wsman.close(),
  };
}

/** `PowerState` of CIM_AssociatedPowerManagementService: asleep is neither on nor off. */
export function stateOf(written: string | undefined): PowerState {
  if (written === '2') return 'On';
  // Off hard, hibernating, off soft, and the off half of cycles.
  return ['6', '7', '8', '9', '12', '13'].includes(written ?? '') ? 'Off' : 'Unknown';
}

/** @throws CodedError<PowerErrorCode> for a method that ended with anything but 0. */
function check(method: string, value: number): void {
  if (value === 0) return;
  const seen = `${method} returned ${value}`;
  if (value === 1 || value === 5) throw powerError('BmcUnsupported', seen);
  // 2 is "not ready" and "unspecified" alike: it comes while the machine is between two states.
  if (value === 2 || value === 3 || value === 6) throw powerError('BmcBusy', seen, { retryable: true });
  if (value === 16) throw powerError('BmcPrivilegeTooLow', seen);
  throw powerError('BmcUnsupported', seen);
}
