import type { Neighbour } from '../images/neighbours.ts';
import type { World } from '../world/world.ts';

/** The other racks that are alive and have said where they are, and which of them hold all of an image with this artifact. */
export function listNeighbours(
  world: { racks: Pick<World['racks'], 'list'>; images: Pick<World['images'], 'list'> },
  self: string,
  isAlive: (rack: string) => boolean,
  digest: string,
): Neighbour[] {
  const holders = new Set<string>();
  for (const { status } of world.images.list()) {
    if (status?.artifacts?.some((artifact) => artifact.digest === `sha256:${digest}`) !== true) continue;
    for (const { name } of status.racks ?? []) holders.add(name);
  }
  return world.racks.list().flatMap(({ metadata: { name }, status }) => {
    const url = status?.httpUrl;
    return name === self || url === undefined || !isAlive(name)
      ? []
      : [{ name, url, holds: holders.has(name) }];
  });
}
