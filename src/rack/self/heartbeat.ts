import { isDeepStrictEqual } from 'node:util';
import { rackKind } from '../../api/rack/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { leases } from '../../kube/core-resources.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Logger } from '../../log/logger.ts';
import { delay } from '../power/delay.ts';
import type { World } from '../world/world.ts';
import { describeSelf, type SelfObservation } from './status.ts';

/** Of server-side apply, for the Rack's status and its Lease. */
const fieldManager = 'metalwright-rack';

/** How often the Lease is renewed, and for how long a rack without renewal counts as alive. */
export const heartbeat = { renewMs: 10_000, aliveMs: 40_000 } as const;

export interface Heartbeat {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface HeartbeatDeps {
  client: KubeClient;
  world: Pick<World, 'racks'>;
  rackName: string;
  namespace: string;
  observe(): Omit<SelfObservation, 'generation'>;
  clock: Clock;
  log: Logger;
}

/** Name of the Lease by which a rack shows that it lives. */
export function rackLeaseName(rack: string): string {
  return `rack-${rack}`;
}

/** Keeps the Rack object and its Lease: the Lease on every beat, the status when there is news. */
export function createHeartbeat(deps: HeartbeatDeps): Heartbeat {
  const { client, rackName, namespace, clock } = deps;
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function beat(): Promise<void> {
    await client.apply(
      leases,
      {
        metadata: { name: rackLeaseName(rackName), namespace },
        spec: {
          holderIdentity: rackName,
          leaseDurationSeconds: heartbeat.aliveMs / 1000,
          renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
        },
      },
      { fieldManager },
    );
    const rack = deps.world.racks.get(rackName) ?? (await createSelf());
    const { lastSeen: _, ...before } = rack.status ?? {};
    const now = clock.now();
    const after = describeSelf({ ...deps.observe(), generation: rack.metadata.generation }, rack.status, now);
    if (isDeepStrictEqual({ ...before }, after)) return;
    await client.applyStatus(
      rackKind,
      { metadata: { name: rackName }, status: { ...after, lastSeen: new Date(now).toISOString() } },
      { fieldManager },
    );
  }

  async function createSelf() {
    try {
      return await client.create(rackKind, { metadata: { name: rackName }, spec: {} });
    } catch (error) {
      const known = isKubeError(error, 'AlreadyExists') ? await client.get(rackKind, rackName) : undefined;
      if (known === undefined) throw error;
      return known;
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(heartbeat.renewMs, stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await beat().catch((error: unknown) => deps.log.warn({ error: messageOf(error) }, 'heartbeat failed'));
    }
  }

  return {
    async start() {
      await beat();
      running = loop();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
