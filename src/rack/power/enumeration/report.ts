import { ListedNode, mostNodes } from '../../../api/chassis/schema.ts';
import type { ChassisNode } from '../chassis.ts';

/** The most MAC addresses of a node that are told. */
const mostAddresses = 32;

/**
 * What a status can hold of a list: the first 512 nodes by name, each once, and none whose name or parameters are longer than
 * what the API server takes.
 */
export function reportNodes(nodes: readonly ChassisNode[]): { total: number; nodes: ListedNode[] } {
  const byName = new Map<string, ListedNode>();
  for (const node of nodes) {
    const { macAddresses, ...rest } = node;
    const read = ListedNode.safeParse({ ...rest, macAddresses: macAddresses.slice(0, mostAddresses) });
    if (read.success && !byName.has(read.data.name)) byName.set(read.data.name, read.data);
  }
  const sorted = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { total: nodes.length, nodes: sorted.slice(0, mostNodes) };
}
