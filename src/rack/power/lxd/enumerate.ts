import { z } from 'zod';
import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { createLxdClient } from './client.ts';
import { stateOf } from './driver.ts';

const Instance = z.object({
  name: z.string(),
  type: z.string(),
  project: z.string().default('default'),
  architecture: z.string().default(''),
  status_code: z.int(),
  expanded_config: z.record(z.string(), z.string()).default({}),
});
type Instance = z.infer<typeof Instance>;

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Every virtual machine of the project that the parameters name, or of all; containers boot from no network. */
export const enumerateLxd: EnumerateChassis = async (target, _deps, signal) => {
  const client = createLxdClient(target);
  try {
    const { project } = target.parameters;
    const which = project === undefined ? 'all-projects=true' : `project=${encodeURIComponent(project)}`;
    const instances = await client.read(z.array(Instance), `/1.0/instances?recursion=1&${which}`, signal);
    return instances.filter(({ type }) => type === 'virtual-machine').map(nodeOf);
  } finally {
    await client.close();
  }
};

function nodeOf({
  name,
  project,
  architecture,
  status_code,
  expanded_config: config,
}: Instance): ChassisNode {
  const macs = Object.keys(config)
    .filter((key) => /^volatile\..+\.hwaddr$/.test(key))
    .sort()
    .map((key) => config[key]);
  const systemUuid = config['volatile.uuid']?.toLowerCase();
  const known = architectures[architecture];
  return {
    name: project === 'default' ? name : `${project}/${name}`,
    parameters: { instance: name, ...(project === 'default' ? {} : { project }) },
    macAddresses: macAddressesOf(macs),
    ...(systemUuid === undefined ? {} : { systemUuid }),
    ...(known === undefined ? {} : { architecture: known }),
    powerState: stateOf(status_code),
  };
}
