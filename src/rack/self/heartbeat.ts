import { isDeepStrictEqual } from 'node:util';
import { type Rack, rackKind } from '../../api/rack/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { leases } from '../../kube/core-resources.ts';
import { isKubeError } from '../../kube/errors.ts';
import { sleep, systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { World } from '../world/world.ts';
import { describeSelf, type SelfObservation } from './status.ts';

/** Of server-side apply, for the Rack's status and its Lease. */
const fieldManager = 'metalwright-rack';

/**
 * How often the Lease is renewed, and for how long a rack without renewal counts as alive to others. It trusts itself for less: what
 * it has begun by then ends before another takes it over. `seenMs`: how old `status.lastSeen` becomes, for people and for what shows it.
 */
export const heartbeat = { renewMs: 10_000, trustMs: 30_000, aliveMs: 40_000, seenMs: 60_000 } as const;

export interface Heartbeat {
  /** Begins to beat, at once, also while the API server is away. */
  start(): void;
  stop(): Promise<void>;
  /** Whether the others certainly still count this rack as alive. */
  isCurrent(): boolean;
}

export interface HeartbeatDeps {
  client: Pick<KubeClient, 'get' | 'create' | 'apply' | 'applyStatus'>;
  world: Pick<World, 'racks'>;
  rackName: string;
  namespace: string;
  /** Looks at the rack as it is now; the interfaces are read anew. */
  observe(): Omit<SelfObservation, 'generation'>;
  clock: Clock;
  log: Logger;
  timers?: Timers | undefined;
}

/** Name of the Lease by which a rack shows that it lives. */
export function rackLeaseName(rack: string): string {
  return `rack-${rack}`;
}

/** Keeps the Rack object and its Lease: the Lease on every beat, the status when there is news, and once a minute. */
export function createHeartbeat(deps: HeartbeatDeps): Heartbeat {
  const { client, rackName, namespace, clock, log, timers = systemTimers } = deps;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;

  async function renew(): Promise<void> {
    const sentAt = timers.monotonic();
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
    renewedAt = sentAt;
  }

  async function tell(): Promise<void> {
    const rack = deps.world.racks.get(rackName) ?? (await createSelf());
    const { lastSeen: told, ...before } = rack.status ?? {};
    const now = clock.now();
    const after = describeSelf({ ...deps.observe(), generation: rack.metadata.generation }, rack.status, now);
    const isFresh = told !== undefined && Math.abs(now - Date.parse(told)) < heartbeat.seenMs;
    if (isFresh && isDeepStrictEqual(before, after)) return;
    const lastSeen = new Date(now).toISOString();
    const { name, uid } = rack.metadata;
    await client.applyStatus(
      rackKind,
      { metadata: { name, uid }, status: { ...after, lastSeen } },
      { fieldManager },
    );
  }

  async function createSelf(): Promise<Rack> {
    try {
      return await client.create(rackKind, { metadata: { name: rackName }, spec: {} });
    } catch (error) {
      const known = isKubeError(error, 'AlreadyExists') ? await client.get(rackKind, rackName) : undefined;
      if (known === undefined) throw error;
      return known;
    }
  }

  async function beat(failing: boolean): Promise<boolean> {
    try {
      await renew();
      await tell();
      if (failing) log.info({}, 'the heartbeat goes on');
      return false;
    } catch (error) {
      const level = failing ? 'debug' : 'warn';
      if (!stopping.signal.aborted)
        log[level]({ error: messageOf(error) }, 'a heartbeat failed and is repeated');
      return true;
    }
  }

  async function loop(): Promise<void> {
    let failing = false;
    while (!stopping.signal.aborted) {
      failing = await beat(failing);
      await sleep(timers, heartbeat.renewMs, stopping.signal);
    }
  }

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    isCurrent: () => timers.monotonic() - renewedAt < heartbeat.trustMs,
  };
}
