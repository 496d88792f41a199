import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { readHttpSource } from './http-source.ts';

/** The query by which a rack asks another one: for what that holds, and for nothing that it would have to fetch. */
export const heldOnly = 'held';

/** Another rack, as an image may be had from. */
export interface Neighbour {
  name: string;
  /** `http://10.0.0.2:7480`, without a slash at the end. */
  url: string;
  /** It has said that it holds the image. */
  holds: boolean;
}

/** What is tried with neighbours. Times in milliseconds. */
export interface NeighbourLimits {
  /** So many are asked for one image. */
  most: number;
  headersMs: number;
  stallMs: number;
  leastBytesPerSecond: number;
  /** One that failed is not asked again for so long. */
  restMs: number;
}

export const defaultNeighbourLimits: NeighbourLimits = {
  most: 3,
  headersMs: 1_500,
  stallMs: 5_000,
  leastBytesPerSecond: 1024 * 1024,
  restMs: 60_000,
};

/** The racks that an image may be had from. */
export interface Neighbours {
  /** Whom to ask for the digest, in this order. */
  choose(digest: string): Neighbour[];
  /** The bytes that one of them holds, from `offset` on. It neither redirects nor asks anybody itself. */
  read(
    neighbour: Neighbour,
    file: { digest: string; sizeBytes: number },
    offset: number,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** It did not answer, or too slowly. */
  failed(neighbour: Neighbour): void;
}

export function createNeighbours(deps: {
  /** All others that are alive. */
  list(digest: string): readonly Neighbour[];
  /** The name of this rack. */
  self: string;
  clock: Clock;
  limits?: Partial<NeighbourLimits>;
}): Neighbours {
  const limits = { ...defaultNeighbourLimits, ...deps.limits };
  const restingUntil = new Map<string, number>();
  return {
    choose(digest) {
      const now = deps.clock.now();
      const known = deps.list(digest).filter(({ name }) => name !== deps.self);
      const names = new Set(known.map(({ name }) => name));
      for (const [name, until] of restingUntil)
        if (until <= now || !names.has(name)) restingUntil.delete(name);
      return known
        .filter(({ name, url }) => !restingUntil.has(name) && URL.canParse(url))
        .map((neighbour) => ({ neighbour, weight: weightOf(digest, deps.self, neighbour.name) }))
        .sort(
          (a, b) => Number(b.neighbour.holds) - Number(a.neighbour.holds) || (a.weight < b.weight ? -1 : 1),
        )
        .slice(0, limits.most)
        .map(({ neighbour }) => neighbour);
    },
    read(neighbour, { digest, sizeBytes }, offset, signal) {
      const url = `${neighbour.url}/images/${digest}?${heldOnly}`;
      return readHttpSource({ ...limits, url, sizeBytes, mostRedirects: 0 }, offset, {}, signal);
    },
    failed(neighbour) {
      restingUntil.set(neighbour.name, deps.clock.now() + limits.restMs);
    },
  };
}

/** Each rack asks in an order of its own, so that ten that miss do not all ask the first. */
function weightOf(digest: string, self: string, name: string): string {
  return createHash('sha256').update(`${digest} ${self} ${name}`).digest('hex');
}
