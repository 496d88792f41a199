import { LibvirtParameters } from '../../../api/bmc/libvirt.ts';
import { DecodeError } from '../../../errors/decode-error.ts';
import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { isPowerError, powerError } from '../errors.ts';
import { descendantsOf, elementAt, textAt, type XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';
import { openVirsh, stateOf } from './driver.ts';
import type { Virsh } from './virsh.ts';

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Every virtual machine that is defined on the hypervisor. */
export const enumerateLibvirt: EnumerateChassis = async (target, _deps, signal) => {
  const { virsh, close } = openVirsh(target);
  try {
    return await listDomains(virsh, signal);
  } finally {
    close();
  }
};

/** The same by a virsh that is open. @throws CodedError<PowerErrorCode> */
export async function listDomains(virsh: Virsh, signal: AbortSignal): Promise<readonly ChassisNode[]> {
  const uuids = (await virsh(['list', '--all', '--uuid'], signal)).split(/\s+/).filter((uuid) => uuid !== '');
  const nodes: ChassisNode[] = [];
  for (const uuid of uuids) {
    try {
      const definition = parseDefinition(await virsh(['dumpxml', uuid], signal));
      nodes.push({
        ...nodeOf(definition, uuid),
        powerState: stateOf(await virsh(['domstate', uuid], signal)),
      });
    } catch (thrown) {
      // It was removed meanwhile.
      if (!isPowerError(thrown) || thrown.code !== 'BmcSystemNotFound') throw thrown;
    }
  }
  return nodes;
}

function parseDefinition(xml: string): XmlElement {
  try {
    return parseXml(xml);
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) throw thrown;
    throw powerError('BmcProtocolError', `virsh dumpxml: ${thrown.message}`, { cause: thrown });
  }
}

function nodeOf(definition: XmlElement, uuid: string): ChassisNode {
  const name = textAt(definition, 'name') ?? uuid;
  // The machine's own name for a person, where the driver takes it.
  const domain = LibvirtParameters.shape.domain.safeParse(name).success ? name : uuid;
  const arch = elementAt(definition, 'os', 'type')?.attributes.get('arch');
  const macs = descendantsOf(elementAt(definition, 'devices'), 'mac');
  return {
    name,
    parameters: { domain },
    macAddresses: macAddressesOf(macs.map(({ attributes }) => attributes.get('address'))),
    systemUuid: (textAt(definition, 'uuid') ?? uuid).toLowerCase(),
    ...(arch === undefined ? {} : { architecture: architectures[arch] ?? arch }),
  };
}
