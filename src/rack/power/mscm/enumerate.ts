import type { EnumerateChassis } from '../chassis.ts';
import { type ChassisNode, macAddressesOf } from '../chassis.ts';
import { type OpenSsh, openSsh, type SshAnswer } from '../ssh/client.ts';
import { garbage } from '../ssh/complaints.ts';
import { stateOf } from './driver.ts';

/** Product names of cartridges that are not x86: ARMv8; the 32-bit m800 is named as Debian names it. */
const architectures: Readonly<Record<string, string>> = {
  'ProLiant m400 Server Cartridge': 'arm64',
  'ProLiant m800 Server Cartridge': 'armhf',
};

/** Every node of the chassis, by `show node list`, and three more questions for each. */
export const enumerateMscm: EnumerateChassis = (target, _deps, signal) => listNodes(target, openSsh, signal);

/** The same with another SSH, for tests. */
export async function listNodes(
  target: Parameters<EnumerateChassis>[0],
  open: OpenSsh,
  signal: AbortSignal,
): Promise<readonly ChassisNode[]> {
  const ssh = open(target);
  const ask = (command: string): Promise<SshAnswer> => ssh.run(command, signal);
  try {
    const list = await ask('show node list');
    const ids = [...new Set(list.stdout.match(/\bc[1-9][0-9]?n[1-9][0-9]?\b/g) ?? [])];
    if (ids.length === 0 && !/slot/i.test(list.stdout)) throw garbage('show node list', list);
    const nodes: ChassisNode[] = [];
    for (const id of ids) {
      const info = (await ask(`show node info ${id}`)).stdout;
      const macs = (await ask(`show node macaddr ${id}`)).stdout;
      const power = /power state:[ \t]*(\w+)/i.exec((await ask(`show node power ${id}`)).stdout)?.[1];
      nodes.push(nodeOf(id, info, macs, power));
    }
    return nodes;
  } finally {
    ssh.close();
  }
}

function nodeOf(id: string, info: string, macs: string, power: string | undefined): ChassisNode {
  const product = /Product Name:[ \t]*(\S.*)/.exec(info)?.[1]?.trim();
  const uuid = /\bUUID:[ \t]*([0-9a-fA-F-]{36})/.exec(info)?.[1];
  return {
    name: id,
    parameters: { nodeId: id },
    macAddresses: macAddressesOf(macs.match(/\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b/g) ?? []),
    ...(uuid === undefined ? {} : { systemUuid: uuid.toLowerCase() }),
    ...(product === undefined ? {} : { architecture: architectures[product] ?? 'amd64' }),
    ...(power === undefined ? {} : { powerState: stateOf(power) }),
  };
}
