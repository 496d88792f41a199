import { z } from 'zod';
import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { openCluster, type VirtualMachine } from './cluster.ts';
import { stateOf } from './driver.ts';

/** Of `/nodes/{node}/qemu/{vmid}/config`: `net0` and so on, `smbios1`, `arch`. */
const Config = z.object({ data: z.record(z.string(), z.unknown()) });
type Config = z.infer<typeof Config>['data'];

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Every virtual machine of the cluster that is no template. */
export const enumerateProxmox: EnumerateChassis = async (target, _deps, signal) => {
  const cluster = openCluster(target);
  try {
    const nodes: ChassisNode[] = [];
    for (const machine of await cluster.machines(signal)) {
      if (machine.template === 1) continue;
      const { data } = await cluster.read(Config, `${machine.path}/config`, signal);
      nodes.push(nodeOf(machine, data));
    }
    return nodes;
  } finally {
    await cluster.close();
  }
};

function nodeOf({ vmid, name, status }: VirtualMachine, config: Config): ChassisNode {
  const interfaces = Object.keys(config)
    .filter((key) => /^net\d+$/.test(key))
    .sort((one, other) => Number(one.slice(3)) - Number(other.slice(3)));
  const uuid = /(?:^|,)uuid=([0-9a-fA-F-]{36})/.exec(textOf(config.smbios1))?.[1];
  const arch = textOf(config.arch) || 'x86_64';
  return {
    name: name === undefined ? String(vmid) : `${vmid}/${name}`,
    parameters: { vm: String(vmid) },
    macAddresses: macAddressesOf(
      interfaces.map((key) => /=((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})/.exec(textOf(config[key]))?.[1]),
    ),
    ...(uuid === undefined ? {} : { systemUuid: uuid.toLowerCase() }),
    architecture: architectures[arch] ?? arch,
    powerState: stateOf(status),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
