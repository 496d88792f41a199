import { VmwareParameters } from '../../../api/bmc/vmware.ts';
import { delay } from '../delay.ts';
import type { BootDevice, PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { childOf } from '../xml/element.ts';
import { type XmlText, xml } from '../xml/write.ts';
import { faultOfTask, isFault, type VimFault, vimError } from './faults.ts';
import { type BootableDevice, devicesIn, findMachine, powerStateOf } from './machines.ts';
import { propertiesOf } from './properties.ts';
import { createVimSession, type ManagedObject, managedObject, type VimMethod } from './session.ts';

const taskPollMs = 500;
/** What takes longer goes on by itself; the state tells. */
const taskPolls = 40;

const orders: Readonly<Partial<Record<BootDevice, readonly BootableDevice['kind'][]>>> = {
  Network: ['Ethernet', 'Disk'],
  Disk: ['Disk', 'Ethernet'],
};

/**
 * Power of a virtual machine by vSphere's web services (vim25). Source: the vSphere Web Services API's documentation
 * (`VirtualMachine`, `SearchIndex`, `PropertyCollector`, `SessionManager`).
 */
export function createVmwareDriver(target: PowerTarget): PowerDriver {
  const { vm } = VmwareParameters.parse(target.parameters);
  const session = createVimSession(target);
  let known: ManagedObject | undefined;
  const machine = async (signal: AbortSignal): Promise<ManagedObject> => {
    known ??= await findMachine(session, vm, signal);
    return known;
  };

  const status = async (signal: AbortSignal): Promise<PowerState> => {
    const values = await propertiesOf(session, await machine(signal), ['runtime.powerState'], signal);
    return powerStateOf(values.get('runtime.powerState'));
  };
  /** Starts a task and waits for its end, for a failure says why only there. @returns its fault */
  const attempt = async (method: VimMethod, signal: AbortSignal): Promise<VimFault | undefined> => {
    const answer = await session.tryCall(await machine(signal), method, signal);
    if (isFault(answer)) return answer;
    const task = managedObject(childOf(answer, 'returnval'));
    if (task === undefined) throw powerError('BmcProtocolError', `${method.name}: no task`);
    for (let poll = 0; poll < taskPolls; poll++) {
      const values = await propertiesOf(session, task, ['info.state', 'info.error'], signal);
      const state = values.get('info.state')?.text.trim();
      if (state === 'success') return undefined;
      if (state === 'error') return faultOfTask(values.get('info.error'));
      await delay(taskPollMs, signal);
    }
    return undefined;
  };
  const power = async (name: string, wanted: PowerState, signal: AbortSignal): Promise<void> => {
    const fault = await attempt({ name }, signal);
    if (fault === undefined) return;
    // Somebody else was faster.
    if (fault.type === 'InvalidPowerState' && (await status(signal)) === wanted) return;
    throw vimError(fault, name);
  };

  return {
    bootDevices: new Set(['Network', 'Disk']),
    status,
    on: (signal) => power('PowerOnVM_Task', 'On', signal),
    off: (signal) => power('PowerOffVM_Task', 'Off', signal),
    async softOff(signal) {
      await session.call(await machine(signal), { name: 'ShutdownGuest' }, signal);
    },
    /** For good: vSphere has no order for one boot. The next request sets it anew. */
    async setBootDevice(device, signal) {
      const order = orders[device];
      if (order === undefined) throw powerError('BmcUnsupported', `vSphere has no boot device ${device}`);
      const values = await propertiesOf(session, await machine(signal), ['config.hardware.device'], signal);
      const devices = devicesIn(values.get('config.hardware.device'));
      if (!devices.some(({ kind }) => kind === order[0])) {
        throw powerError('BmcUnsupported', `the virtual machine has nothing to boot from: ${device}`);
      }
      const inOrder = order.flatMap((kind) => devices.filter((one) => one.kind === kind)).map(bootEntry);
      const spec = xml('spec', {}, xml('bootOptions', {}, ...inOrder));
      const fault = await attempt({ name: 'ReconfigVM_Task', content: [spec] }, signal);
      if (fault !== undefined) throw vimError(fault, 'ReconfigVM_Task');
    },
    close: () => session.close(),
  };
}

function bootEntry({ kind, key }: BootableDevice): XmlText {
  const type = `VirtualMachineBootOptionsBootable${kind}Device`;
  return xml('bootOrder', { 'xsi:type': type }, xml('deviceKey', {}, key));
}
