import { bmcDrivers } from '../../api/bmc/drivers.ts';
import type { Bmc } from '../../api/bmc/schema.ts';
import type { Chassis, ListedNode, NodeOutcome } from '../../api/chassis/schema.ts';
import { Architecture } from '../../api/fields.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineSpec } from '../../api/machine/spec.ts';
import { names } from '../../api/meta.ts';
import { machineName, matchesGlob } from '../../domain/chassis/names.ts';
import { matchMachine } from './match.ts';

/** What is to be done about one node. */
export interface NodePlan {
  outcome: NodeOutcome;
  /** A Machine to make, without its BMC: a name that is taken is refused by the API server. */
  create?: { name: string; spec: MachineSpec };
  /** What the Machine is to have from here. Without uid: of the one that is made. */
  apply?: { name: string; uid: string | undefined; macAddresses: string[]; bmc: Bmc };
}

/** The most MAC addresses that a Machine has. */
const mostAddresses = 32;

/**
 * What becomes of each node that a manager listed. A Machine with one of its MAC addresses, with the same BMC, or with the same
 * UUID is the node's already: it is given its BMC when it has none, or has it from this chassis. Pure, and the same for the same
 * list and Machines.
 */
export function planNodes(
  chassis: Chassis,
  nodes: readonly ListedNode[],
  machines: readonly Machine[],
): NodePlan[] {
  const prefix = chassis.spec.namePrefix ?? `${chassis.metadata.name}-`;
  const plain = nodes.map(({ name }) => machineName(prefix, name, true));
  const planning: Planning = {
    ...{ chassis, machines, prefix },
    taken: new Set(machines.map(({ metadata }) => metadata.name)),
    shared: new Set(plain.filter((name, index) => plain.indexOf(name) !== index)),
    addresses: new Map(),
    claimed: new Map(),
  };
  return nodes.map((node) => planNode(node, planning));
}

/** What is known when one node after the other is looked at. */
interface Planning {
  chassis: Chassis;
  machines: readonly Machine[];
  prefix: string;
  /** Names of Machines that are there or planned. */
  taken: Set<string>;
  /** Names that several nodes would have. */
  shared: ReadonlySet<string>;
  /** Which node has a MAC address. */
  addresses: Map<string, string>;
  /** Which node is a Machine. */
  claimed: Map<string, string>;
}

function planNode(node: ListedNode, planning: Planning): NodePlan {
  const { chassis, machines, addresses, claimed } = planning;
  if (!isWanted(chassis, node.name)) return { outcome: { node: node.name, outcome: 'Excluded' } };
  const bmc = bmcOf(chassis, node);
  const parameters = bmcDrivers[bmc.driver].parameters.safeParse(bmc.parameters ?? {});
  if (!parameters.success)
    return skipped(node, `the driver takes no such parameters: ${parameters.error.issues[0]?.message ?? ''}`);
  const twin = node.macAddresses.map((mac) => addresses.get(mac)).find((other) => other !== undefined);
  if (twin !== undefined) return skipped(node, `node ${twin} has one of its MAC addresses`);
  for (const mac of node.macAddresses) addresses.set(mac, node.name);

  const [machine, ...others] = matchMachine(node, bmc, machines);
  if (machine === undefined) return newMachine(node, bmc, planning);
  const { name } = machine.metadata;
  if (others.length > 0) {
    const all = [machine, ...others].map(({ metadata }) => metadata.name).join(', ');
    return skipped(node, `it is more than one Machine: ${all}`);
  }
  const other = claimed.get(name);
  if (other !== undefined) return skipped(node, `node ${other} is Machine ${name}, too`);
  claimed.set(name, node.name);
  return existing(chassis, node, bmc, machine);
}

function skipped({ name }: ListedNode, message: string): NodePlan {
  return { outcome: { node: name, outcome: 'Skipped', message: message.slice(0, 512) } };
}

function isWanted({ spec: { include, exclude = [] } }: Chassis, node: string): boolean {
  const isNamed = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matchesGlob(pattern, node));
  return (include === undefined || isNamed(include)) && !isNamed(exclude);
}

function newMachine(node: ListedNode, bmc: Bmc, { chassis, prefix, taken, shared }: Planning): NodePlan {
  if (node.macAddresses.length === 0) return skipped(node, 'the manager names no MAC address of it');
  const written = node.architecture ?? chassis.spec.defaults?.architecture;
  if (written === undefined)
    return skipped(node, 'the manager does not say its architecture: set spec.defaults.architecture');
  const architecture = Architecture.safeParse(written);
  if (!architecture.success) return skipped(node, `its architecture is ${written}, which is not supported`);
  const first = machineName(prefix, node.name, true);
  const candidates = [...(shared.has(first) ? [] : [first]), machineName(prefix, node.name, false)];
  const name = candidates.find((candidate) => !taken.has(candidate));
  if (name === undefined) return skipped(node, `another Machine has the name ${first}`);
  taken.add(name);
  const macAddresses = node.macAddresses.slice(0, mostAddresses);
  return {
    outcome: { node: node.name, outcome: 'Managed', machine: name },
    create: { name, spec: specOf(chassis, macAddresses, architecture.data) },
    apply: { name, uid: undefined, macAddresses, bmc },
  };
}

/** Machines that came from the chassis and are none of the listed nodes; by name. */
export function vanishedFrom(
  chassis: Chassis,
  nodes: readonly ListedNode[],
  machines: readonly Machine[],
): string[] {
  const own = machines.filter((machine) => isFrom(machine, chassis));
  const present = new Set(nodes.flatMap((node) => matchMachine(node, bmcOf(chassis, node), own)));
  return own.flatMap((machine) => (present.has(machine) ? [] : [machine.metadata.name])).sort();
}

function existing(chassis: Chassis, node: ListedNode, bmc: Bmc, machine: Machine): NodePlan {
  const { name, uid } = machine.metadata;
  const { spec, status } = machine;
  const hasNone = spec.bmc === undefined && status?.bmc === undefined;
  if (machine.metadata.deletionTimestamp !== undefined || !(hasNone || isFrom(machine, chassis)))
    return { outcome: { node: node.name, outcome: 'Known', machine: name } };
  const all = [...new Set([...spec.macAddresses, ...node.macAddresses])];
  return {
    outcome: { node: node.name, outcome: 'Managed', machine: name },
    apply: { name, uid, macAddresses: all.slice(0, mostAddresses), bmc },
  };
}

function isFrom({ metadata }: Machine, chassis: Chassis): boolean {
  return metadata.labels?.[names.chassis] === chassis.metadata.name;
}

/** The BMC of a node's Machine: the chassis's manager, the same Secret, and what names the node. */
export function bmcOf({ spec: { bmc } }: Chassis, { parameters }: Pick<ListedNode, 'parameters'>): Bmc {
  const all = { ...bmc.parameters, ...parameters };
  return { ...bmc, ...(Object.keys(all).length === 0 ? {} : { parameters: all }) };
}

function specOf({ spec }: Chassis, macAddresses: string[], architecture: Architecture): MachineSpec {
  const { approved = false, zone = 'default', pool = 'default', tags = [], bootMode } = spec.defaults ?? {};
  return {
    ...{ macAddresses, architecture, approved, zone, pool, tags },
    ...(bootMode === undefined ? {} : { bootMode }),
    ...{ locked: false, maintenance: false },
  };
}
