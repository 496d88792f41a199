import { z } from 'zod';
import { systemUuid } from '../../../domain/hardware/system-uuid.ts';
import { type ChassisNode, type EnumerateChassis, macAddressesOf } from '../chassis.ts';
import { delay } from '../delay.ts';
import { isPowerError, powerError } from '../errors.ts';
import { baseOf } from '../http/address.ts';
import { createAgent } from '../http/agent.ts';
import { createRedfishClient, defaultRedfishTimings, type RedfishClient } from './client.ts';
import { powerStateOf } from './driver.ts';
import { membersOf, readSystem } from './system.ts';

const text = z.string().optional().catch(undefined);
const link = z.object({ '@odata.id': z.string() }).optional().catch(undefined);

/** DSP0268 ComputerSystem, EthernetInterface and Processor, as far as they say what a node is. */
const Links = z.object({ EthernetInterfaces: link, Processors: link });
const EthernetInterface = z.object({ PermanentMACAddress: text, MACAddress: text });
const Processor = z.object({ InstructionSet: text });

type Link = z.infer<typeof link>;

/** The most interfaces of a system that are looked at. */
const mostInterfaces = 32;

/** DSP0268 Processor, InstructionSet. */
const architectures: Readonly<Record<string, string>> = {
  'x86-64': 'amd64',
  'ARM-A64': 'arm64',
  'ARM-A32': 'armhf',
  PowerISA: 'ppc64el',
};

/** Every ComputerSystem of the service, with the MAC addresses of its interfaces. */
export const enumerateRedfish: EnumerateChassis = async (target, { log }, signal) => {
  const base = baseOf(target.address, { scheme: 'https', port: 443 });
  const { username, password } = target;
  const client = createRedfishClient({
    ...{ agent: createAgent(base, target.tls), base, username, password, log, delay },
    timings: defaultRedfishTimings,
  });
  try {
    const root = await client.root(signal);
    const collection = root.Systems?.['@odata.id'];
    if (collection === undefined) throw powerError('BmcSystemNotFound', 'the service has no Systems');
    const nodes: ChassisNode[] = [];
    for (const path of await membersOf(client, collection, signal)) {
      const node = await orMissing(readNode(client, path, signal));
      if (node !== undefined) nodes.push(node);
    }
    return withOwnNames(nodes);
  } finally {
    await client.close();
  }
};

async function readNode(client: RedfishClient, path: string, signal: AbortSignal): Promise<ChassisNode> {
  const { system } = await readSystem(client, path, signal);
  const { resource: links } = await client.get(path, Links, signal);
  const interfaces = await readMembers(
    client,
    links.EthernetInterfaces,
    EthernetInterface,
    mostInterfaces,
    signal,
  );
  const [processor] = await readMembers(client, links.Processors, Processor, 1, signal);
  const instructions = processor?.InstructionSet;
  const systemId = decodeURIComponent(path.replace(/\/$/, '').split('/').at(-1) ?? '');
  const uuid = systemUuid(system.UUID);
  return {
    name: system.Name ?? systemId,
    parameters: { systemId },
    macAddresses: macAddressesOf(interfaces.map((each) => each.PermanentMACAddress ?? each.MACAddress)),
    ...(uuid === undefined ? {} : { systemUuid: uuid }),
    ...(instructions === undefined ? {} : { architecture: architectures[instructions] ?? instructions }),
    powerState: powerStateOf(system.PowerState),
  };
}

/** A collection's members, those that can be read; none where the BMC has no such collection. */
async function readMembers<T extends z.ZodType>(
  client: RedfishClient,
  collection: Link,
  schema: T,
  most: number,
  signal: AbortSignal,
): Promise<z.infer<T>[]> {
  if (collection === undefined) return [];
  const paths = (await orMissing(membersOf(client, collection['@odata.id'], signal))) ?? [];
  const members: z.infer<T>[] = [];
  for (const path of paths.slice(0, most)) {
    const answer = await orMissing(client.get(path, schema, signal));
    if (answer !== undefined) members.push(answer.resource);
  }
  return members;
}

/** Undefined for what the BMC names and does not have: a blade that was pulled, a collection that it never got. */
async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    const isMissing = isPowerError(thrown) && ['BmcUnsupported', 'BmcSystemNotFound'].includes(thrown.code);
    if (!isMissing) throw thrown;
    return undefined;
  }
}

/** Makers call every system "System": then its id tells them apart. */
function withOwnNames(nodes: readonly ChassisNode[]): ChassisNode[] {
  return nodes.map((node) => {
    const isAlone = nodes.filter(({ name }) => name === node.name).length === 1;
    return isAlone ? node : { ...node, name: node.parameters.systemId ?? node.name };
  });
}
