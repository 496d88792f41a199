import type { RackService } from '../api/rack/schema.ts';
import { messageOf } from '../errors/coded-error.ts';
import type { Logger } from '../log/logger.ts';
import { delay } from './power/delay.ts';
import type { ServiceState } from './self/status.ts';
import type { Attachment } from './world/topology.ts';

/** One service on one interface of the rack. */
export interface ServedInterface {
  device: string;
  /** The rack's IPv4 address there. */
  address: string;
}

/** A network service that can be begun and ended interface by interface. */
export interface SupervisedService {
  name: RackService;
  begin(where: ServedInterface): Promise<void>;
  end(where: ServedInterface): Promise<void>;
}

interface Placed {
  service: SupervisedService;
  where: ServedInterface;
}

export interface Supervisor {
  /** Looks for the first time, and then again and again. */
  start(): Promise<void>;
  states(): ServiceState[];
  stop(): Promise<void>;
}

export interface SupervisorDeps {
  services: readonly SupervisedService[];
  attachments(): readonly Attachment[];
  disabled(): readonly RackService[];
  log: Logger;
  /** Between two looks, in milliseconds. */
  intervalMs: number;
}

/** Which interfaces are to be served: those with an IPv4 address in a managed subnet. */
export function servedInterfaces(attachments: readonly Attachment[]): ServedInterface[] {
  return attachments.flatMap(({ interface: nic, subnets }) => {
    const own = subnets.find(({ subnet, address }) => subnet.spec.managed && !address.includes(':'));
    return own === undefined ? [] : [{ device: nic.name, address: own.address }];
  });
}

/**
 * Keeps every service on every interface that it belongs on. One that cannot start (a port is taken) says so, is tried again,
 * and keeps no other from serving.
 */
export function createSupervisor(deps: SupervisorDeps): Supervisor {
  const running = new Map<string, Placed>();
  const failures = new Map<string, string>();
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  const keyOf = (service: SupervisedService, where: ServedInterface): string =>
    `${service.name} ${where.device} ${where.address}`;

  async function begin(service: SupervisedService, where: ServedInterface): Promise<void> {
    const key = keyOf(service, where);
    try {
      await service.begin(where);
      running.set(key, { service, where });
      failures.delete(key);
      deps.log.info({ service: service.name, ...where }, 'serves');
    } catch (error) {
      const message = `${where.device}: ${messageOf(error)}`;
      if (failures.get(key) !== message) deps.log.error({ service: service.name, ...where }, message);
      failures.set(key, message);
    }
  }

  function wantedNow(): Map<string, Placed> {
    const interfaces = servedInterfaces(deps.attachments());
    const enabled = deps.services.filter(({ name }) => !deps.disabled().includes(name));
    return new Map(
      enabled.flatMap((service) =>
        interfaces.map((where): [string, Placed] => [keyOf(service, where), { service, where }]),
      ),
    );
  }

  async function look(): Promise<void> {
    const wanted = wantedNow();
    for (const [key, { service, where }] of running) {
      if (wanted.has(key)) continue;
      running.delete(key);
      await service.end(where);
      deps.log.info({ service: service.name, ...where }, 'serves no more');
    }
    for (const key of failures.keys()) {
      if (!wanted.has(key)) failures.delete(key);
    }
    for (const [key, { service, where }] of wanted) {
      if (!running.has(key)) await begin(service, where);
    }
  }

  async function lookOn(): Promise<void> {
    for (;;) {
      await delay(deps.intervalMs, stopping.signal);
      await look();
    }
  }

  return {
    async start() {
      await look();
      loop = lookOn().catch((error: unknown) => {
        if (!stopping.signal.aborted) deps.log.error({ error: messageOf(error) }, 'supervision ended');
      });
    },
    states: () =>
      deps.services.map(({ name }) => {
        if (deps.disabled().includes(name)) return { name, state: 'Disabled' };
        const broken = [...failures]
          .filter(([key]) => key.startsWith(`${name} `))
          .map(([, message]) => message);
        return broken.length === 0
          ? { name, state: 'Running' }
          : { name, state: 'Failed', message: broken.join('; ') };
      }),
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
