import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import type { PowerState } from '../driver.ts';
import { powerError } from '../errors.ts';
import { childrenOf, textAt, type XmlElement } from '../xml/element.ts';
import { xml } from '../xml/write.ts';
import { isFault, typeOf, vimError } from './faults.ts';
import { allMachines, type ObjectProperties } from './properties.ts';
import { createVimSession, type ManagedObject, managedObject, type VimSession } from './session.ts';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The virtual machine with this BIOS UUID, instance UUID or name.
 * @throws CodedError<PowerErrorCode> BmcSystemNotFound when there is none, or more than one: a copy keeps its BIOS UUID.
 */
export async function findMachine(
  session: VimSession,
  vm: string,
  signal: AbortSignal,
): Promise<ManagedObject> {
  const found = uuidPattern.test(vm) ? await byUuid(session, vm, signal) : await byName(session, vm, signal);
  const [first, second] = found;
  if (first === undefined) throw powerError('BmcSystemNotFound', `vSphere has no virtual machine "${vm}"`);
  if (second !== undefined) {
    const what = `${found.length} virtual machines are "${vm}": give the instance UUID of one`;
    throw powerError('BmcSystemNotFound', what);
  }
  return first;
}

async function byUuid(session: VimSession, uuid: string, signal: AbortSignal): Promise<ManagedObject[]> {
  for (const instance of ['false', 'true']) {
    const found = await search(session, uuid, instance, signal);
    if (found.length > 0) return found;
  }
  return [];
}

async function search(
  session: VimSession,
  uuid: string,
  instanceUuid: string,
  signal: AbortSignal,
): Promise<ManagedObject[]> {
  const { search: index } = await session.service(signal);
  const content = [
    xml('uuid', {}, uuid.toLowerCase()),
    xml('vmSearch', {}, 'true'),
    xml('instanceUuid', {}, instanceUuid),
  ];
  let answer = await session.tryCall(index, { name: 'FindAllByUuid', content }, signal);
  if (isFault(answer)) {
    if (answer.type !== 'MethodNotFound') throw vimError(answer, 'FindAllByUuid');
    answer = await session.call(index, { name: 'FindByUuid', content }, signal);
  }
  return childrenOf(answer, 'returnval').flatMap((element) => managedObject(element) ?? []);
}

async function byName(session: VimSession, name: string, signal: AbortSignal): Promise<ManagedObject[]> {
  const machines = await allMachines(session, ['name'], 500, signal);
  // vSphere escapes what would be a path.
  const written = name.replaceAll('%', '%25').replaceAll('/', '%2f').replaceAll('\\', '%5c');
  return machines
    .filter(({ values }) => [name, written].includes(values.get('name')?.text ?? ''))
    .map(({ object }) => object);
}

/** Every virtual machine of the inventory; templates, which cannot be powered, are left out. */
export const enumerateVmware: EnumerateChassis = async (target, _deps, signal) => {
  const session = createVimSession(target);
  try {
    const paths = ['name', 'config.template', 'config.uuid', 'config.instanceUuid', 'config.guestId'];
    const asked = [...paths, 'config.hardware.device', 'runtime.powerState'];
    const machines = await allMachines(session, asked, 50, signal);
    return machines.flatMap(nodeOf);
  } finally {
    await session.close();
  }
};

function nodeOf({ values }: ObjectProperties): ChassisNode[] {
  const text = (path: string): string | undefined => values.get(path)?.text.trim().toLowerCase();
  const vm = text('config.instanceUuid') ?? text('config.uuid');
  if (vm === undefined || text('config.template') === 'true') return [];
  const systemUuid = text('config.uuid');
  return [
    {
      name: values.get('name')?.text ?? vm,
      parameters: { vm },
      macAddresses: macAddressesOf(
        devicesIn(values.get('config.hardware.device')).map(({ macAddress }) => macAddress),
      ),
      ...(systemUuid === undefined ? {} : { systemUuid }),
      architecture: /arm|aarch64/.test(text('config.guestId') ?? '') ? 'arm64' : 'amd64',
      powerState: powerStateOf(values.get('runtime.powerState')),
    },
  ];
}

/** Of a virtual machine: one that is suspended is neither. */
export function powerStateOf(value: XmlElement | undefined): PowerState {
  const state = value?.text.trim();
  if (state === 'poweredOn') return 'On';
  return state === 'poweredOff' ? 'Off' : 'Unknown';
}

/** What can be booted from, in the machine's own order. */
export interface BootableDevice {
  kind: 'Ethernet' | 'Disk';
  key: string;
  macAddress?: string;
}

/** Of `config.hardware.device`. A network interface is what has a MAC address, whatever its model. */
export function devicesIn(value: XmlElement | undefined): BootableDevice[] {
  return (value?.children ?? []).flatMap((device): BootableDevice[] => {
    const key = textAt(device, 'key');
    const macAddress = textAt(device, 'macAddress');
    if (key === undefined) return [];
    if (macAddress !== undefined) return [{ kind: 'Ethernet', key, macAddress }];
    return typeOf(device) === 'VirtualDisk' ? [{ kind: 'Disk', key }] : [];
  });
}
